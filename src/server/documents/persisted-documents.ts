import { createHash } from 'node:crypto'
import { GraphQLError } from 'graphql'
import type { GraphQLParams, Plugin } from 'graphql-yoga'
import type { Authenticate } from '../../access/authentication.ts'
import { refusal } from '../errors.ts'
import type { Caller } from '../yoga.ts'
import { createDocumentStore, type DocumentStore } from './document-store.ts'

const SHA_256 = /^[0-9a-f]{64}$/

/** Texts of documents by their ids, which are SHA-256 hashes as a rule. */
export type TrustedDocuments = ReadonlyMap<string, string>

/**
 * Finds documents by their ids: trusted ones, which the operator has listed, and automatic persisted queries, as the links of Apollo and urql send them: a client sends the SHA-256 of a document,
 * and its text only when the hash is not known here. What an organization has sent is known to this organization
 * alone, in this process.
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
      // Also in place of an empty text, which some clients send.
      const isAsked = !query
      if (!isAsked && sha256(query) !== hash) throw mismatch()
      const { viewer } = await authenticate(context.credentials)
      if (!isAsked) {
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

/** The id that a request names in place of a text: in `documentId`, or as an automatic persisted query. */
function trustedIdOf(params: GraphQLParams, request: Request): string | null {
  const { searchParams } = new URL(request.url)
  const inAddress = request.method === 'GET' ? searchParams.get(DOCUMENT_ID) : null
  const { [DOCUMENT_ID]: inBody } = params as { [DOCUMENT_ID]?: unknown }
  const id = inBody ?? inAddress ?? params.extensions?.persistedQuery?.sha256Hash
  return typeof id === 'string' ? id.replace(/^sha256:/, '') : null
}

/** @returns null when the request names no automatic persisted query */
function hashOf(extension: unknown): string | null {
  if (extension === undefined || extension === null) return null
  const { sha256Hash, version } = Object(extension) as { sha256Hash?: unknown; version?: unknown }
  if (version !== 1 || typeof sha256Hash !== 'string') throw notSupported()
  const hash = sha256Hash.toLowerCase()
  if (!SHA_256.test(hash)) throw mismatch()
  return hash
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

/** Clients know this message, and send the text then. */
const notFound = () =>
  new GraphQLError('PersistedQueryNotFound', { extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } })

/** Clients know this message, and send texts alone from then on. */
const notSupported = () =>
  new GraphQLError('PersistedQueryNotSupported', {
    extensions: { code: 'PERSISTED_QUERY_NOT_SUPPORTED' },
  })

const mismatch = () =>
  refusal(
    'extensions.persistedQuery.sha256Hash must be the SHA-256 of the text in query, in UTF-8, as 64 hexadecimal digits.',
    'BAD_USER_INPUT',
    { status: 400, spec: true },
  )
