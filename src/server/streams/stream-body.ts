import type { ServerResponse } from 'node:http'
import type { ExecutionResult } from 'graphql'
import type { StreamFormat } from './stream-format.ts'

export interface StreamOptions {
  /** Milliseconds between heartbeats. */
  heartbeatInterval: number
  response: ServerResponse
}

/**
 * Returns the body of a stream. It pulls a result only after the client has read the previous one, so a client that does not
 * read keeps one result in memory.
 */
export function streamBody(
  results: AsyncIterable<ExecutionResult>,
  format: StreamFormat,
  { heartbeatInterval, response }: StreamOptions,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  const iterator = results[Symbol.asyncIterator]()
  let heartbeat: NodeJS.Timeout
  return new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(encoder.encode(format.opening))
      heartbeat = setInterval(() => {
        if ((controller.desiredSize ?? 0) > 0) controller.enqueue(encoder.encode(format.heartbeat))
      }, heartbeatInterval)
      // A client that does not read gets no further result, so only this detects that it disconnected.
      response.once('close', () => clearInterval(heartbeat))
    },
    async pull(controller) {
      const { done, value } = await iterator.next()
      if (!done) return controller.enqueue(encoder.encode(format.item(value)))
      clearInterval(heartbeat)
      controller.enqueue(encoder.encode(format.closing))
      controller.close()
    },
    async cancel() {
      clearInterval(heartbeat)
      await iterator.return?.()
    },
  })
}
