import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Credentials } from '../../access/authentication.ts'
import type { Resume } from '../../graphql/context.ts'
import type { Logger } from '../../telemetry/logger.ts'
import { badRequestBody } from '../errors.ts'
import type { UnreadResponses } from '../limits/unread-responses.ts'
import { answerMonitoring, type Monitoring } from '../monitoring.ts'
import type { Console } from '../pages/console.ts'
import type { Graphiql } from '../pages/graphiql.ts'
import type { SignIn } from '../pages/sign-in.ts'
import type { Caller } from '../pipeline/caller.ts'
import type { Graphql } from '../pipeline/pipeline.ts'
import { type ServeSingleConnection, usesSingleConnection } from '../single-connection/serve.ts'
import { acceptsEvents, checkAccept } from '../streams/result-format.ts'
import { allowEveryOrigin, answerPreflight } from './cors.ts'
import { checkHost } from './host.ts'
import { HttpRefusal, readJsonBody } from './request-body.ts'
import { checkQueryString } from './request-query.ts'
import { sendJson } from './send.ts'

export interface HttpOptions {
  /** The path under which a proxy serves the service, as in "/webhooks". Empty for none. */
  basePath: string
  graphql: Graphql
  singleConnection: ServeSingleConnection
  graphiql: Graphiql
  console: Console
  /** See `ServerOptions`. */
  signIn?: SignIn
  newRequestId: () => string
  monitoring: Monitoring
  unread: UnreadResponses
  log: Logger
}

/** Returns the listener that responds to every HTTP request of the service. */
export function createRequestListener(options: HttpOptions): RequestListener {
  return (request, response) => {
    // Every response that has ended, except a stream that is open.
    response.once('prefinish', () => options.unread.addHttp(response))
    route(options, request, response).catch((error: unknown) => {
      if (error instanceof HttpRefusal) return refuse(response, error)
      // A client that disconnected before its request was complete is not a fault of the service.
      const level = request.complete ? 'error' : 'debug'
      options.log[level]({ err: error }, 'could not answer a request')
      response.destroy()
    })
  }
}

async function route(
  options: HttpOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  response.setHeader('x-content-type-options', 'nosniff')
  checkHost(request)
  const path = pathOf(request)
  if (path === '/graphql' || path === STREAM_PATH) return answerGraphql(options, request, response)
  if (await answerMonitoring(options.monitoring, request, response)) return
  if (await options.signIn?.answer(path, request, response)) return
  if (await options.graphiql.answerAsset(path, request, response)) return
  if (await options.console.answer(path, request, response)) return
  throw new HttpRefusal(
    404,
    `Nothing is served at ${path}. The API is at ${options.basePath}/graphql.`,
  )
}

const pathOf = ({ url = '' }: IncomingMessage): string => url.split('?', 1)[0] ?? ''

/** The path that graphql-sse clients use for the single connection mode. /graphql serves it too. */
const STREAM_PATH = '/graphql/stream'

async function answerGraphql(
  { graphiql, graphql, newRequestId, singleConnection }: HttpOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method === 'GET' && request.headers.accept?.includes('text/html')) {
    return graphiql.answerPage(request, response)
  }
  allowEveryOrigin(response)
  if (request.method === 'OPTIONS') return answerPreflight(request, response)
  const requestId = newRequestId()
  response.setHeader('x-request-id', requestId)
  response.setHeader('cache-control', 'no-store')
  response.setHeader('vary', 'accept, accept-encoding')
  if (isLostUpgrade(request)) refuseLostUpgrade(response)
  const caller: Caller = {
    requestId,
    credentials: credentialsOf(request),
    traceParent: traceParentOf(request),
  }
  if (usesSingleConnection(request)) return singleConnection(request, response, caller)
  // Yoga serves one path.
  if (pathOf(request) === STREAM_PATH) {
    request.url = `/graphql${request.url?.slice(STREAM_PATH.length)}`
  }
  checkAccept(request.headers.accept)
  if (request.method === 'GET') checkQueryString(request)
  if (request.method === 'POST') Object.assign(request, { body: await readJsonBody(request) })
  await graphql(request, response, {
    ...caller,
    ...(acceptsEvents(request.headers.accept) && { resume: resumeOf(request) }),
  })
}

const credentialsOf = ({ headers }: IncomingMessage): Credentials => {
  // Node joins repeated headers by ", ", which is not a valid id.
  const organization = headers['x-organization'] as string | undefined
  return {
    authorization: headers.authorization ?? null,
    organization: organization ?? null,
    ...(headers['x-organization-create'] === 'true' && { createOrganization: true }),
  }
}

function traceParentOf({ headers }: IncomingMessage): string | null {
  const { traceparent, tracestate } = headers
  if (traceparent === undefined) return null
  // Repeated headers are one list.
  return tracestate === undefined
    ? `${traceparent}`
    : `${traceparent} ${[tracestate].flat().join()}`
}

/** A client that reconnects to an event stream sends the id of the last event that it received. */
const resumeOf = ({ headers }: IncomingMessage): Resume => ({
  lastEventId: headers['last-event-id']?.toString() || null,
  eventIdOf: null,
})

const LOST_UPGRADE =
  'This is a WebSocket handshake without "Connection: Upgrade", which a proxy removed. Configure the proxy to use HTTP/1.1 and to forward the headers Upgrade and Connection, or subscribe with server-sent events.'

/** Whether a request is a WebSocket handshake from which a proxy removed the required headers. */
const isLostUpgrade = ({ headers, method }: IncomingMessage) =>
  method === 'GET' &&
  (headers['sec-websocket-key'] !== undefined || headers.upgrade?.toLowerCase() === 'websocket')

function refuseLostUpgrade(response: ServerResponse): never {
  response.setHeader('upgrade', 'websocket')
  response.setHeader('connection', 'upgrade')
  throw new HttpRefusal(426, LOST_UPGRADE)
}

/** Responds with an error in the format of GraphQL, which clients of this service can read. */
function refuse(response: ServerResponse, { headers, message, status }: HttpRefusal): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  sendJson(response, status, badRequestBody(message))
}
