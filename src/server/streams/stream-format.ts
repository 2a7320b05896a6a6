import type { ExecutionResult } from 'graphql'
import { formatResult } from '../errors.ts'
import { eventIdOf } from './subscribe.ts'

/** The format of a response that contains a stream of results. */
export interface StreamFormat {
  contentType: string
  /** Sent at once, because some browsers and proxies process the head only with the first bytes of the body. */
  opening: string
  /** Sent while the stream is idle, so that no proxy closes the connection. */
  heartbeat: string
  item(result: ExecutionResult): string
  closing: string
}

/** Server-sent events, as clients of graphql-sse read them in their mode of distinct connections. */
export const EVENT_STREAM: StreamFormat = {
  contentType: 'text/event-stream',
  opening: ':\n\n',
  heartbeat: ':\n\n',
  item(result) {
    const id = eventIdOf(result)
    return `event: next\n${id === null ? '' : `id: ${id}\n`}data: ${JSON.stringify(formatResult(result))}\n\n`
  },
  closing: 'event: complete\ndata:\n\n',
}

/** Returns a part with the boundary after it, because clients process a part when they read that boundary. */
const part = (body: object) =>
  `\r\ncontent-type: application/json\r\n\r\n${JSON.stringify(body)}\r\n--graphql`

/** Apollo's protocol for subscriptions over HTTP, version 1.0. */
export const MULTIPART_SUBSCRIPTION: StreamFormat = {
  contentType: 'multipart/mixed; boundary="graphql"; subscriptionSpec=1.0',
  opening: '\r\n--graphql',
  heartbeat: part({}),
  item: (result) => part({ payload: formatResult(result) }),
  closing: '--\r\n',
}

/** Headers that disable buffering: nginx reads the second one, and proxies that compress the first one. */
export const STREAM_HEADERS = {
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
}
