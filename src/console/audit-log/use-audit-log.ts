import type { CombinedError } from '@urql/core'
import { useEffect, useMemo, useState } from 'react'
import { useClient, useQuery } from 'urql'
import type { AuditLogAction, AuditLogQuery } from '../generated/graphql.ts'
import { AuditLogDocument } from './operations.ts'

type Page = AuditLogQuery['viewer']['organization']['auditLog']

export type AuditLogRow = Page['nodes'][number]

/** The log changes without notice, so each visit reads it again. */
const CONTEXT = { requestPolicy: 'cache-and-network' as const }

/** Reads the audit log of the organization, page by page. */
export function useAuditLog(action: AuditLogAction | undefined) {
  const client = useClient()
  const variables = useMemo(() => ({ filter: action ? { actions: [action] } : null }), [action])
  const [{ data, error, fetching, operation }, execute] = useQuery({
    query: AuditLogDocument,
    variables,
    context: CONTEXT,
  })
  const [older, setOlder] = useState<readonly Page[]>([])
  // During a fetch, the data is still that of the previous filter.
  const isCurrent = operation?.variables.filter === variables.filter || !fetching
  const first = isCurrent ? data?.viewer.organization.auditLog : undefined
  // biome-ignore lint/correctness/useExhaustiveDependencies: the pages after another first page are others
  useEffect(() => setOlder([]), [first, variables])
  const { hasNextPage, endCursor } = (older.at(-1) ?? first)?.pageInfo ?? {}
  const loadMore = async (): Promise<CombinedError | undefined> => {
    const after = endCursor ?? null
    const more = await client.query(AuditLogDocument, { ...variables, after }).toPromise()
    const page = more.data?.viewer.organization.auditLog
    if (page) setOlder((before) => [...before, page])
    return more.error
  }
  return {
    /** Newest first; null before they are read. */
    rows: first ? [first, ...older].flatMap(({ nodes }) => nodes) : null,
    error,
    retry: () => execute({ requestPolicy: 'network-only' }),
    /** Loads older entries; null if there are none. */
    loadMore: hasNextPage ? loadMore : null,
  }
}
