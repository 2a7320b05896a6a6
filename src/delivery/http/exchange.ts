import type { IncomingHttpHeaders } from 'node:http'
import type { Dispatcher } from 'undici'
import type { Phase } from '../../domain/outcome.ts'
import type { ReceiverSocket } from './receiver-socket.ts'
import { MAX_BODY_BYTES, type ReceivedBody } from './response-body.ts'
import { ResponseError } from './response-head.ts'
import { RESPONSE_CODES } from './transport-failure.ts'

/** Milliseconds for the body after the head, or the rest of the attempt's time if that is less. */
const MAX_BODY_MS = 1000

/** The reason with which undici closes a connection. Not reported. */
const OVER = new Error('The exchange is over')
/** The connection exceeded its maximum age before the request was sent. */
const EXPIRED = new Error('The connection is too old')

/** A response whose head arrived in time. */
export interface ReceivedResponse {
  status: number
  headers: IncomingHttpHeaders
  body: ReceivedBody
  /** When the head arrived, on the clock of `performance.now()`. */
  decidedAt: number
}

/** The time limit of the attempt was reached before the head of the response. */
export class ExchangeTimeout extends Error {
  override name = 'ExchangeTimeout'
  readonly phase: Phase
  constructor(phase: Phase) {
    super(`Timed out while ${phase}`)
    this.phase = phase
  }
}

/**
 * One request and its response, as a handler of undici. The head decides the outcome. What happens to the body afterwards
 * determines only how much of it is kept.
 */
export class WebhookExchange implements Dispatcher.DispatchHandler {
  /** Resolves when the response is complete or cut. Rejects with the error that prevented its head. */
  readonly response: Promise<ReceivedResponse>
  readonly #deadline: number
  #resolve!: (response: ReceivedResponse) => void
  #reject!: (error: unknown) => void
  #timer: NodeJS.Timeout
  #controller: Dispatcher.DispatchController | null = null
  #currentSocket: () => ReceiverSocket | null = () => null
  #socket: ReceiverSocket | null = null
  #reused = false
  #head: Omit<ReceivedResponse, 'body'> | null = null
  #chunks: Buffer[] = []
  #size = 0
  #complete = false
  #done = false

  /** @param deadline the time limit of the head, on the clock of `performance.now()` */
  constructor(deadline: number) {
    this.#deadline = deadline
    this.response = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    // The caller may not await it yet, and an unhandled rejection would end the process.
    this.response.catch(() => {})
    this.#timer = setTimeout(() => this.#timeOut(), Math.max(0, deadline - performance.now()))
  }

  /**
   * Whether the request was sent, or was about to be sent, on a reused connection. An error there may concern an earlier
   * request.
   */
  get reused(): boolean {
    return this.#reused
  }

  /** Whether `response` is settled. */
  get isOver(): boolean {
    return this.#done
  }

  /**
   * Sets the connection that will send the request.
   * @param currentSocket returns its open socket; null while it is not connected
   */
  assign(currentSocket: () => ReceiverSocket | null): void {
    this.#currentSocket = currentSocket
    this.#reused = currentSocket()?.used ?? false
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    this.#socket = this.#currentSocket()
    this.#reused = this.#socket?.used ?? false
    // Timed out while connecting: no byte may be sent, so this must not wait for a later turn of the event loop.
    if (this.#done) controller.abort(OVER)
    else if (this.#reused && this.#socket?.expired) controller.abort(EXPIRED)
    else this.#socket?.begin()
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    if (this.#done) return
    const decidedAt = performance.now()
    this.#head = { status, headers, decidedAt }
    clearTimeout(this.#timer)
    const bodyTime = Math.max(0, Math.min(MAX_BODY_MS, this.#deadline - decidedAt))
    this.#timer = setTimeout(() => this.#cutBody(), bodyTime)
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#done) return
    this.#chunks.push(chunk)
    this.#size += chunk.length
    if (this.#size > MAX_BODY_BYTES) this.#cutBody()
  }

  onResponseEnd(): void {
    this.#socket?.end(this.#head?.headers.connection !== 'close')
    this.#complete = true
    this.#settle()
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: unknown): void {
    const cause = this.#socket?.failure ?? error
    const isCut = this.#socket?.headBegun && !(cause instanceof ResponseError)
    this.#settle(isCut ? new ResponseError(RESPONSE_CODES.headCut) : cause)
  }

  #timeOut(): void {
    this.#settle(new ExchangeTimeout(this.#controller ? 'WAITING' : 'CONNECTING'))
    this.#closeConnection()
  }

  #cutBody(): void {
    this.#settle()
    this.#closeConnection()
  }

  /** Closes the connection, unless the parser reaches the end of the response in this turn of the event loop. */
  #closeConnection(): void {
    const controller = this.#controller
    if (controller) queueMicrotask(() => controller.abort(OVER))
  }

  #settle(error?: unknown): void {
    if (this.#done) return
    this.#done = true
    clearTimeout(this.#timer)
    if (this.#head) this.#resolve({ ...this.#head, body: this.#body() })
    else this.#reject(error ?? new ResponseError(RESPONSE_CODES.unreadable))
    this.#chunks = []
  }

  #body(): ReceivedBody {
    const bytes = Buffer.concat(this.#chunks).subarray(0, MAX_BODY_BYTES)
    return { bytes, size: this.#size, complete: this.#complete }
  }
}
