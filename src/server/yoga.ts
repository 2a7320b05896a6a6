import type { ServerResponse } from 'node:http'
import {
  type ExecutionResult,
  type GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  type OperationDefinitionNode,
  type ValidationContext,
} from 'graphql'
import { createYoga, isAsyncIterable, type Plugin } from 'graphql-yoga'
import type { Authenticate, Authentication, Credentials, Viewer } from '../access/authentication.ts'
import { mapStream } from '../concurrency/stream.ts'
import type { Resume } from '../graphql/context.ts'
import type { MaskError } from '../graphql/mask-error.ts'
import { unauthenticated } from '../graphql/request-error.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { Tracing } from '../telemetry/tracing.ts'
import {
  DOCUMENT_ID,
  persistedDocuments,
  type TrustedDocuments,
} from './documents/persisted-documents.ts'
import { presentErrors, refusal } from './errors.ts'
import { graphqlExecutor } from './graphql-executor.ts'
import { limitStreams } from './limits/connection-limit.ts'
import { documentLimits } from './limits/document-limits.ts'
import { queueLargeQueries } from './limits/large-query-queue.ts'
import { limitMutations, type MutationLimits } from './limits/mutation-limit.ts'
import { pageLimitRule } from './limits/page-limit.ts'
import type { TakeSlot } from './limits/slots.ts'
import type { UnreadResponses } from './limits/unread-responses.ts'
import type { LiveConnections } from './streams/live-connections.ts'
import { formatResults } from './streams/result-format.ts'

/** One operation's sender: what HTTP and WebSocket both know of it. */
export interface Caller {
  requestId: string
  credentials: Credentials
  /** The header `traceparent`, then after a blank `tracestate` if there is one, unchecked; null without the first. */
  traceParent: string | null
  /** Present for what may be answered by an event stream. */
  resume?: Resume
}

/** Makes the resolvers' context. The viewer is null only for introspection, which needs no key. */
export type CreateContext = (request: { viewer: Viewer | null; requestId: string }) => object

export interface GraphqlOptions {
  schema: GraphQLSchema
  createContext: CreateContext
  authenticate: Authenticate
  maskError: MaskError
  log: Logger
  tracing: Tracing
  live: LiveConnections
  mutationLimits: MutationLimits
  takeSlot: TakeSlot
  unread: UnreadResponses
  /** Milliseconds between two heartbeats of an event stream. */
  heartbeatInterval: number
  /** Documents that every client may name by their ids. Default: none. */
  trustedDocuments?: TrustedDocuments | undefined
}

type HttpCaller = Caller & { res: ServerResponse }

/** The GraphQL pipeline of both transports: parse, limits, validate, authenticate, execute, mask. */
export function createGraphql(options: GraphqlOptions) {
  const { authenticate, createContext, log, schema } = options
  const sizes = new WeakMap<OperationDefinitionNode, number>()
  return createYoga<Caller>({
    schema,
    logging: {
      debug: () => {},
      info: (...args) => log.info({ args }, 'GraphQL server'),
      warn: (...args) => log.warn({ args }, 'GraphQL server'),
      error: (...args) => log.error({ args }, 'GraphQL server'),
    },
    context: async ({ credentials, requestId }) => {
      const { viewer, advice } = await authenticate(credentials)
      return { viewer, advice, ...createContext({ viewer, requestId }) }
    },
    plugins: [
      graphqlExecutor(options),
      withoutEmptyName,
      persistedDocuments(options),
      ...documentLimits(),
      limitPages(sizes),
      requireKey,
      limitMutations(options.mutationLimits),
      limitStreams(options.takeSlot),
      queueLargeQueries(sizes),
      presentResults(options),
      formatResults(options),
    ],
    graphiql: false,
    landingPage: false,
    batching: false,
    multipart: false,
    extraParamNames: [DOCUMENT_ID],
    // These four are done before a request gets here, or where its result leaves.
    cors: false,
    maxRequestBodySize: false,
    maskedErrors: false,
    healthCheckEndpoint: '/graphql/never',
  })
}

export type Graphql = ReturnType<typeof createGraphql>

/** Takes an empty name for none, as clients that send it expect. */
const withoutEmptyName: Plugin = {
  onParams({ params: { operationName, ...params }, setParams }) {
    if (operationName === '') setParams(params)
  },
}

/** The answer to an operation without a valid key, with what HTTP says to it. */
const withoutKey = (advice = unauthenticated().message): GraphQLError =>
  refusal(advice, 'UNAUTHENTICATED', {
    status: 401,
    spec: true,
    headers: { 'www-authenticate': 'Bearer' },
  })

const limitPages = (sizes: WeakMap<OperationDefinitionNode, number>): Plugin => ({
  onValidate: ({ addValidationRule }) =>
    addValidationRule((context: ValidationContext) =>
      pageLimitRule(context, (operation, rows) => sizes.set(operation, rows)),
    ),
})

type Operation = {
  args: Parameters<typeof isIntrospection>[0] & { contextValue?: unknown }
  setResultAndStopExecution(result: ExecutionResult): void
}

function refuseWithoutKey({ args, setResultAndStopExecution }: Operation): void {
  const { viewer, advice } = args.contextValue as Authentication
  if (!viewer && !isIntrospection(args)) {
    setResultAndStopExecution({ errors: [withoutKey(advice)] })
  }
}

/** Everything but introspection needs a key: the schema is public, and GraphiQL shows its documentation at once. */
const requireKey: Plugin = {
  onExecute: refuseWithoutKey as NonNullable<Plugin['onExecute']>,
  onSubscribe: refuseWithoutKey as NonNullable<Plugin['onSubscribe']>,
}

function isIntrospection(args: {
  document: Parameters<typeof getOperationAST>[0]
  operationName?: string | null | undefined
}): boolean {
  const operation = getOperationAST(args.document, args.operationName)
  return !!operation?.selectionSet.selections.every(
    (field) => field.kind === 'Field' && field.name.value.startsWith('__'),
  )
}

/** The last gate before HTTP and SSE: errors are masked, streams end with their key, their client or the server. */
function presentResults({ live, maskError, unread }: GraphqlOptions): Plugin<object, HttpCaller> {
  return {
    onResultProcess({ result, setResult, serverContext }) {
      const { credentials, requestId, res } = serverContext
      const present = (one: ExecutionResult): ExecutionResult =>
        one.errors
          ? { ...one, errors: presentErrors(one.errors, (error) => maskError(error, requestId)) }
          : one
      if (!isAsyncIterable(result)) {
        holdUnread(res, unread)
        if ('errors' in result) setResult(withStatus(present(result as ExecutionResult)))
        return
      }
      const results = (result as AsyncIterable<ExecutionResult>)[Symbol.asyncIterator]()
      const stream = mapStream(results, present, (error) =>
        present({ errors: [error as GraphQLError] }),
      )
      const gone = live.add({
        credentials,
        end: (refused) =>
          stream.end(refused ? { errors: [withoutKey(refused.advice)] } : undefined),
      })
      res.once('close', () => {
        gone()
        stream.end()
      })
      setResult(stream as typeof result)
    },
  }
}

/** An answer that nobody takes would stay in memory for as long as its client likes. */
function holdUnread(response: ServerResponse, unread: UnreadResponses): void {
  const left = unread.add({
    bytes: () => response.writableLength,
    abort: () => response.destroy(),
  })
  response.once('close', left)
}

/** Nothing was executed because we failed: the one case that is our status 500, or 503 when it passes. */
function withStatus(result: ExecutionResult): ExecutionResult {
  const failed = result.errors?.find(
    ({ extensions }) => extensions.code === 'INTERNAL_SERVER_ERROR',
  )
  if (!failed || 'data' in result) return result
  const status = failed.extensions.reason === 'UNAVAILABLE' ? 503 : 500
  return { ...result, extensions: { ...result.extensions, http: { status } } }
}
