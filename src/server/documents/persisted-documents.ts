import { createHash } from 'node:crypto'
import type { GraphQLParams, Plugin } from 'graphql-yoga'
import type { Authenticate } from '../../access/authentication.ts'
import { requestError } from '../../graphql/request-error.ts'
import { refusal } from '../errors.ts'
import type { Caller } from '../pipeline/caller.ts'
import { createDocumentStore, type DocumentStore } from './document-store.ts'

const SHA_256 = /^[0-9a-f]{64}$/

/** Texts of documents by id, which is usually a SHA-256 hash. */
export type TrustedDocuments = ReadonlyMap<string, string>

/**
 * Looks up documents by id: trusted documents, which the operator has listed, and automatic persisted queries of Apollo and
 * urql clients, which send the SHA-256 hash of a document, and its text only if the server does not have it. Persisted
 * queries are stored in this process, separately for each organization.
 */
export function persistedDocuments({
  authenticate,
  store = createDocumentStore(),
  trustedDocuments = new Map(),
}: PersistedDocumentOptions): Plugin<object, Caller> {
  return {
    async onParams({ context, params, request, setParams }) {
      const trusted = params.query ? null : trustedIdOf(params, request)
      const text = trusted === null ? undefined : trustedDocuments.get(trusted)
      if (text !== undefined) return setParams({ ...params, query: text })
      const hash = hashOf(params.extensions?.persistedQuery)
      if (hash === null) {
        if (trusted !== null) throw notFound()
        return
      }
      const { query } = params
      // Some clients send an empty text with the hash.
      const isLookup = !query
      if (!isLookup && sha256(query) !== hash) throw mismatch()
      const { viewer } = await authenticate(context.credentials)
      if (!isLookup) {
        if (viewer) store.add(viewer.organizationId, hash, query)
        return
      }
      const known = viewer && store.get(viewer.organizationId, hash)
      if (known === null) throw notFound()
      setParams({ ...params, query: known })
    },
  }
}

export interface PersistedDocumentOptions {
  authenticate: Authenticate
  store?: DocumentStore
  /** Default: none. */
  trustedDocuments?: TrustedDocuments | undefined
}

/** The parameter of GraphQL over HTTP's appendix on persisted documents. */
export const DOCUMENT_ID = 'documentId'

/** Returns the id that a request has instead of a text: in `documentId`, or as an automatic persisted query. */
function trustedIdOf(params: GraphQLParams, request: Request): string | null {
  const { searchParams } = new URL(request.url)
  const inAddress = request.method === 'GET' ? searchParams.get(DOCUMENT_ID) : null
  const { [DOCUMENT_ID]: inBody } = params as { [DOCUMENT_ID]?: unknown }
  const id = inBody ?? inAddress ?? params.extensions?.persistedQuery?.sha256Hash
  return typeof id === 'string' ? id.replace(/^sha256:/, '') : null
}

/** Returns null if the request is not an automatic persisted query. */
function hashOf(extension: unknown): string | null {
  if (extension === undefined || extension === null) return null
  const { sha256Hash, version } = Object(extension) as { sha256Hash?: unknown; version?: unknown }
  if (version !== 1 || typeof sha256Hash !== 'string') throw notSupported()
  const hash = sha256Hash.toLowerCase()
  if (!SHA_256.test(hash)) throw mismatch()
  return hash
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

/** Clients recognize this message and send the text. */
const notFound = () => requestError('PERSISTED_QUERY_NOT_FOUND', 'PersistedQueryNotFound')

/** Clients recognize this message and send only texts from then on. */
const notSupported = () =>
  requestError('PERSISTED_QUERY_NOT_SUPPORTED', 'PersistedQueryNotSupported')

const mismatch = () =>
  refusal(
    'extensions.persistedQuery.sha256Hash must be the SHA-256 of the text in query, in UTF-8, as 64 hexadecimal digits.',
    'BAD_USER_INPUT',
    { status: 400, spec: true },
  )
