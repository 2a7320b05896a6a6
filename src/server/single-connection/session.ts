import type { ServerResponse } from 'node:http'
import type { ExecutionResult } from 'graphql'
import { isAsyncIterable } from 'graphql-yoga'
import { formatResult } from '../errors.ts'
import type { UnreadResponses } from '../limits/unread-responses.ts'
import { EVENT_STREAM, STREAM_HEADERS } from '../streams/stream-format.ts'

/** Runs one operation. It never rejects: a failure is a result with errors. */
export type RunOperation = () => Promise<AsyncIterable<ExecutionResult> | ExecutionResult>

export interface SessionOptions {
  heartbeatInterval: number
  unread: UnreadResponses
  /** Returns the result for an error of a source. */
  presentFailure: (error: unknown) => ExecutionResult
}

/** The event stream of a client, and the operations whose results it contains. */
export interface Session {
  isOpen(): boolean
  /** Sends results to the response from now on. */
  open(response: ServerResponse): void
  /** Returns the number of operations that have not ended, including those that the client has completed. */
  size(): number
  has(id: string): boolean
  /** Starts an operation as soon as the stream is open. */
  begin(id: string, run: RunOperation): void
  /** Ends an operation. Nothing of it is sent any more. */
  complete(id: string): void
  /** Ends all operations, after one last result if given, and the stream. */
  end(lastResult?: ExecutionResult): void
}

interface Operation {
  isOver: boolean
  results: AsyncIterator<ExecutionResult> | null
}

export function createSession({
  heartbeatInterval,
  presentFailure,
  unread,
}: SessionOptions): Session {
  const operations = new Map<string, Operation>()
  const opened = Promise.withResolvers<ServerResponse | null>()
  let stream: ServerResponse | null = null
  let running = 0

  /** Writes a text. Resolves when it was passed to the network, or the stream has closed. */
  function write(response: ServerResponse, text: string): Promise<void> {
    if (response.closed || response.writableEnded) return Promise.resolve()
    const { promise, resolve } = Promise.withResolvers<void>()
    const remove = unread.add({ bytes: () => text.length, abort: () => response.destroy() })
    response.once('close', resolve)
    response.write(text, () => resolve())
    return promise.finally(() => {
      remove()
      response.off('close', resolve)
    })
  }

  const next = (response: ServerResponse, id: string, result: ExecutionResult) =>
    write(response, event('next', { id, payload: formatResult(result) }))

  async function send(id: string, operation: Operation, run: RunOperation): Promise<void> {
    const response = await opened.promise
    if (!response || operation.isOver) return
    const result = await run()
    if (!isAsyncIterable(result)) {
      if (!operation.isOver) await next(response, id, result as ExecutionResult)
    } else {
      const results = (result as AsyncIterable<ExecutionResult>)[Symbol.asyncIterator]()
      operation.results = results
      if (operation.isOver) return void (await results.return?.())
      // A result is pulled only after the client has read the previous one.
      for (;;) {
        const { done, value } = await results.next()
        if (done || operation.isOver) break
        await next(response, id, value)
      }
    }
    if (!operation.isOver) await write(response, event('complete', { id }))
  }

  function endAll(): void {
    for (const id of [...operations.keys()]) complete(id)
  }

  function complete(id: string): void {
    const operation = operations.get(id)
    if (!operation) return
    operation.isOver = true
    operations.delete(id)
    operation.results?.return?.().catch(() => {})
  }

  return {
    isOpen: () => stream !== null,
    open(response) {
      stream = response
      // Each pending write listens for "close".
      response.setMaxListeners(0)
      response.writeHead(200, { ...STREAM_HEADERS, 'content-type': EVENT_STREAM.contentType })
      response.write(EVENT_STREAM.opening)
      const heartbeat = setInterval(() => {
        if (response.writableLength === 0) response.write(EVENT_STREAM.heartbeat)
      }, heartbeatInterval)
      response.once('close', () => {
        clearInterval(heartbeat)
        endAll()
      })
      opened.resolve(response)
    },
    size: () => running,
    has: (id) => operations.has(id),
    begin(id, run) {
      const operation: Operation = { isOver: false, results: null }
      operations.set(id, operation)
      running += 1
      send(id, operation, run)
        .catch(async (error: unknown) => {
          if (!stream || operation.isOver) return
          await next(stream, id, presentFailure(error))
          await write(stream, event('complete', { id }))
        })
        .finally(() => {
          running -= 1
          if (operations.get(id) === operation) operations.delete(id)
        })
    },
    complete,
    end(lastResult) {
      const ids = [...operations.keys()]
      endAll()
      opened.resolve(null)
      if (!stream) return
      for (const id of lastResult ? ids : []) {
        stream.write(event('next', { id, payload: formatResult(lastResult!) }))
        stream.write(event('complete', { id }))
      }
      stream.end()
    },
  }
}

const event = (name: 'next' | 'complete', data: object) =>
  `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`
