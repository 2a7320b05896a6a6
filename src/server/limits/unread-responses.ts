import type { ServerResponse } from 'node:http'

/** Bytes of unread responses in the whole process. */
const MAX_BYTES = 256_000_000

/** The time that a client has to read a response. */
const UNREAD_TIMEOUT_MS = 120_000

/** No response younger than this is dropped, however many there are: one message can go to thousands of clients. */
const GRACE_MS = 2_000

const CHECK_INTERVAL_MS = 250

interface Response {
  /** Returns how much of it is in memory now. */
  bytes(): number
  /** Closes the connection that it is for. */
  abort(): void
}

/** Responses that stay in memory until their clients have read them. */
export interface UnreadResponses {
  /** Returns a function to call when the response has been sent or dropped. Later calls have no effect. */
  add(response: Response): () => void
  /**
   * Adds an HTTP response until it closes. Later calls for the same response have no effect.
   * @param bytes returns how much of it is in memory. Default: what Node has buffered
   */
  addHttp(response: ServerResponse, bytes?: () => number): void
}

/**
 * Drops a response that its client does not read in time, and the oldest ones if all together exceed `maxBytes`, so that
 * clients cannot exhaust the memory by not reading.
 * @param timeoutMs the time that a client has to read a response. Default: 120,000
 */
export function createUnreadResponses({
  timeoutMs = UNREAD_TIMEOUT_MS,
  maxBytes = MAX_BYTES,
  graceMs = GRACE_MS,
}: {
  timeoutMs?: number | undefined
  maxBytes?: number
  graceMs?: number
} = {}): UnreadResponses {
  /** With the time when they were added, oldest first. */
  const unread = new Map<Response, number>()
  const http = new WeakSet<ServerResponse>()
  let checking: NodeJS.Timeout | null = null

  function remove(response: Response): void {
    unread.delete(response)
    if (unread.size > 0 || !checking) return
    clearInterval(checking)
    checking = null
  }

  function check(): void {
    let total = 0
    for (const response of unread.keys()) total += response.bytes()
    for (const [response, since] of unread) {
      const ageMs = performance.now() - since
      if (ageMs <= timeoutMs && (total <= maxBytes || ageMs <= graceMs)) return
      total -= response.bytes()
      remove(response)
      response.abort()
    }
  }

  function add(response: Response): () => void {
    unread.set(response, performance.now())
    checking ??= setInterval(check, Math.min(CHECK_INTERVAL_MS, timeoutMs)).unref()
    return () => remove(response)
  }

  return {
    add,
    addHttp(response, bytes = () => response.writableLength) {
      if (http.has(response) || response.closed) return
      http.add(response)
      response.once('close', add({ bytes, abort: () => response.destroy() }))
    },
  }
}
