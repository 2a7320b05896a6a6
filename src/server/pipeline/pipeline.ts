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
import type { Authenticate, Authentication, Viewer } from '../../access/authentication.ts'
import { mapStream } from '../../concurrency/stream.ts'
import type { MaskError } from '../../graphql/mask-error.ts'
import { unauthenticated } from '../../graphql/request-error.ts'
import type { Logger } from '../../telemetry/logger.ts'
import type { Tracing } from '../../telemetry/tracing.ts'
import {
  DOCUMENT_ID,
  persistedDocuments,
  type TrustedDocuments,
} from '../documents/persisted-documents.ts'
import { presentErrors, refusal } from '../errors.ts'
import { limitStreams } from '../limits/connection-limit.ts'
import { documentLimits } from '../limits/document-limits.ts'
import { queueLargeQueries } from '../limits/large-query-queue.ts'
import { limitMutations, type MutationLimits } from '../limits/mutation-limit.ts'
import { pageLimitRule } from '../limits/page-limit.ts'
import type { Slots } from '../limits/slots.ts'
import type { UnreadResponses } from '../limits/unread-responses.ts'
import { limitVariables } from '../limits/variable-limit.ts'
import type { LiveConnections } from '../streams/live-connections.ts'
import { formatResults } from '../streams/result-format.ts'
import type { Caller } from './caller.ts'
import { graphqlExecutor } from './executor.ts'

/** Creates the context of the resolvers. The viewer is null only for introspection, which requires no key. */
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
  slots: Slots
  unread: UnreadResponses
  /** Milliseconds between heartbeats of an event stream. */
  heartbeatInterval: number
  /** Documents that every client can refer to by id. Default: none. */
  trustedDocuments?: TrustedDocuments | undefined
}

type HttpCaller = Caller & { res: ServerResponse }

/** Creates the GraphQL pipeline of all transports: parses, limits, validates, authenticates, executes and masks errors. */
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
      limitVariables,
      limitMutations(options.mutationLimits),
      limitStreams(options.slots),
      queueLargeQueries(sizes),
      presentResults(options),
      formatResults(options),
    ],
    graphiql: false,
    landingPage: false,
    batching: false,
    multipart: false,
    extraParamNames: [DOCUMENT_ID],
    // Other parts of the server handle these four.
    cors: false,
    maxRequestBodySize: false,
    maskedErrors: false,
    healthCheckEndpoint: '/graphql/never',
  })
}

export type Graphql = ReturnType<typeof createGraphql>

/** Removes an empty operation name, because clients that send it mean none. */
const withoutEmptyName: Plugin = {
  onParams({ params: { operationName, ...params }, setParams }) {
    if (operationName === '') setParams(params)
  },
}

/** Returns the error of an operation without a valid key. */
const unauthenticatedError = (advice = unauthenticated().message): GraphQLError =>
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
    setResultAndStopExecution({ errors: [unauthenticatedError(advice)] })
  }
}

/** Requires a key for everything but introspection: the schema is public, and GraphiQL shows its documentation. */
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

/** Masks the errors of results. Ends a stream when its key is revoked, its client disconnects or the server closes. */
function presentResults({ live, maskError, unread }: GraphqlOptions): Plugin<object, HttpCaller> {
  return {
    onResultProcess({ result, setResult, serverContext }) {
      const { credentials, requestId, res } = serverContext
      const present = (one: ExecutionResult): ExecutionResult =>
        one.errors
          ? { ...one, errors: presentErrors(one.errors, (error) => maskError(error, requestId)) }
          : one
      if (!isAsyncIterable(result)) {
        unread.addHttp(res)
        if ('errors' in result) setResult(withStatus(present(result as ExecutionResult)))
        return
      }
      const results = (result as AsyncIterable<ExecutionResult>)[Symbol.asyncIterator]()
      const stream = mapStream(results, present, (error) =>
        present({ errors: [error as GraphQLError] }),
      )
      const remove = live.add({
        credentials,
        end: (refused) =>
          stream.end(refused ? { errors: [unauthenticatedError(refused.advice)] } : undefined),
      })
      res.once('close', () => {
        remove()
        stream.end()
      })
      setResult(stream as typeof result)
    },
  }
}

/** Sets the status 500, or 503 for a temporary fault, if an internal fault prevented the execution. */
function withStatus(result: ExecutionResult): ExecutionResult {
  const failed = result.errors?.find(
    ({ extensions }) => extensions.code === 'INTERNAL_SERVER_ERROR',
  )
  if (!failed || 'data' in result) return result
  const status = failed.extensions.reason === 'UNAVAILABLE' ? 503 : 500
  return { ...result, extensions: { ...result.extensions, http: { status } } }
}
