import type { ServerResponse } from 'node:http'
import { type ExecutionResult, getOperationAST } from 'graphql'
import { isAsyncIterable, type Plugin } from 'graphql-yoga'
import { badRequestBody } from '../errors.ts'
import { hasParameter, preferred } from '../http/accept.ts'
import { compress, ENCODINGS } from '../http/compression.ts'
import { HttpRefusal } from '../http/request-body.ts'
import type { UnreadResponses } from '../limits/unread-responses.ts'
import { streamBody } from './stream-body.ts'
import {
  EVENT_STREAM,
  MULTIPART_SUBSCRIPTION,
  STREAM_HEADERS,
  type StreamFormat,
} from './stream-format.ts'

const JSON_TYPES = ['application/json', 'application/graphql-response+json'] as const

const acceptedStream = (accept: string): StreamFormat | null => {
  const type = preferred(accept, ['text/event-stream', 'multipart/mixed'])
  const multipart = hasParameter(accept, 'multipart/mixed', 'subscriptionSpec=1.0')
  if (type === 'multipart/mixed' && multipart) return MULTIPART_SUBSCRIPTION
  return preferred(accept, ['text/event-stream']) && EVENT_STREAM
}

const NOT_ACCEPTABLE =
  'The header Accept has no format of this API. Send "application/json" or "application/graphql-response+json"; for subscriptions "text/event-stream" or "multipart/mixed;subscriptionSpec=1.0".'

/**
 * Refuses a request before its operation runs if the client accepts no format of this API.
 * @throws HttpRefusal 406
 */
export function checkAccept(accept = '*/*'): void {
  if (!preferred(accept, JSON_TYPES) && !acceptedStream(accept)) {
    throw new HttpRefusal(406, NOT_ACCEPTABLE)
  }
}

/** Whether a client reads server-sent events rather than another stream. */
export const acceptsEvents = (accept = '*/*'): boolean => acceptedStream(accept) === EVENT_STREAM

interface FormatOptions {
  /** Milliseconds between heartbeats of a stream. */
  heartbeatInterval: number
  unread: UnreadResponses
}

/**
 * Sends results in the format that the client prefers: JSON for a single result if it is accepted, otherwise a stream. Long
 * JSON is compressed, except results of mutations: only these contain secrets, which compression could reveal by length.
 */
export function formatResults({
  heartbeatInterval,
  unread,
}: FormatOptions): Plugin<object, { res: ServerResponse }> {
  const mutations = new WeakSet<Request>()
  return {
    onExecute({ args }) {
      const operation = getOperationAST(args.document, args.operationName)
      const { request } = args.contextValue as { request?: Request }
      // Operations on WebSockets have no request.
      if (request && operation?.operation === 'mutation') mutations.add(request)
    },
    onResultProcess({ request, result, resultProcessor, serverContext, setResultProcessor }) {
      const accept = request.headers.get('accept') ?? '*/*'
      const json = isAsyncIterable(result) ? null : preferred(accept, JSON_TYPES)
      const { res: response } = serverContext
      if (json && resultProcessor) {
        const accepted = mutations.has(request) ? null : request.headers.get('accept-encoding')
        const encoding = accepted && preferred(accepted, ENCODINGS)
        if (!encoding) return setResultProcessor(resultProcessor, json)
        return setResultProcessor(async (one, fetchAPI, type) => {
          const answer = await resultProcessor(one, fetchAPI, type)
          return compress(answer, { encoding, fetchAPI, response, unread })
        }, json)
      }
      const format = acceptedStream(accept)
      if (!format) return setResultProcessor(refuseStream, 'application/json')
      const options = { heartbeatInterval, response }
      setResultProcessor((one, { Response }) => {
        const results = isAsyncIterable(one) ? one : only(one as ExecutionResult)
        const init = isAsyncIterable(one) ? {} : httpOf(one as ExecutionResult)
        return new Response(
          streamBody(results as AsyncIterable<ExecutionResult>, format, options),
          {
            ...init,
            headers: { ...STREAM_HEADERS, 'content-type': format.contentType, ...init.headers },
          },
        )
      }, format.contentType)
    },
  }
}

async function* only(result: ExecutionResult): AsyncGenerator<ExecutionResult> {
  yield result
}

interface Http {
  status?: number
  headers?: Record<string, string>
  spec?: boolean
}

/** Returns the highest status and all headers that the errors of a result specify. */
function httpOf({ errors = [], extensions }: ExecutionResult): Http {
  const all = [extensions, ...errors.map((error) => error.extensions)].flatMap(
    (one) => (one?.http as Http | undefined) ?? [],
  )
  const statuses = all.flatMap(({ spec, status }) => (status && !spec ? [status] : []))
  return {
    status: Math.max(200, ...statuses),
    headers: Object.assign({}, ...all.map(({ headers }) => headers)),
  }
}

const STREAMS_ONLY =
  'The result of a subscription is a stream. Send the header "Accept: text/event-stream" or "Accept: multipart/mixed;subscriptionSpec=1.0", or subscribe over a WebSocket (graphql-transport-ws).'

const refuseStream = (_result: unknown, { Response }: { Response: typeof globalThis.Response }) =>
  Response.json(badRequestBody(STREAMS_ONLY), { status: 406 })
