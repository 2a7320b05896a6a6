import type { ExecutionResult } from 'graphql'
import { formatResult } from '../errors.ts'
import { eventIdOf } from './subscribe.ts'

/** How the results of one operation are written to a response that stays open. */
export interface StreamFormat {
  contentType: string
  /** Sent at once: some browsers and proxies pass the head on only with the first bytes of the body. */
  opening: string
  /** Sent while nothing else is, so that no proxy closes the connection as idle. */
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

/** A part ends with the boundary after it, so the boundary is sent with the part and not with the next one. */
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

/** Headers that keep proxies from holding a stream back: nginx reads the second, compressing proxies the first. */
export const STREAM_HEADERS = {
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
}
