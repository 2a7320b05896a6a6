import type { IncomingHttpHeaders } from 'node:http'
import type { Dispatcher } from 'undici'
import type { Phase } from '../../domain/outcome.ts'
import type { WebhookSocket } from './receiver-socket.ts'
import { MAX_BODY_BYTES, type ReceivedBody } from './response-body.ts'
import { ResponseError } from './response-head.ts'
import { RESPONSE_CODES } from './transport-failure.ts'

/** How long a body may take after its head; the rest of the attempt's time if that is less. */
const MAX_BODY_MS = 1000

/** Makes undici close a connection. Never passed on. */
const OVER = new Error('The exchange is over')
/** The largest age of the connection was over before the request was sent. */
const EXPIRED = new Error('The connection is too old')

/** A response whose head arrived in time. */
export interface Answer {
  status: number
  headers: IncomingHttpHeaders
  body: ReceivedBody
  /** When the head arrived, on the clock of `performance.now()`. */
  decidedAt: number
}

/** The time was up before the response's head was there. */
export class ExchangeTimeout extends Error {
  override name = 'ExchangeTimeout'
  readonly phase: Phase
  constructor(phase: Phase) {
    super(`Timed out while ${phase}`)
    this.phase = phase
  }
}

/**
 * One request and its response, as undici reports them. The head decides: once it is there, the exchange
 * has an answer, and what happens to the body only determines how much of it is kept.
 */
export class WebhookExchange implements Dispatcher.DispatchHandler {
  /** Settles once the answer is complete. Rejects with what prevented a head. */
  readonly answer: Promise<Answer>
  readonly #deadline: number
  #resolve!: (answer: Answer) => void
  #reject!: (error: unknown) => void
  #timer: NodeJS.Timeout
  #controller: Dispatcher.DispatchController | null = null
  #currentSocket: () => WebhookSocket | null = () => null
  #socket: WebhookSocket | null = null
  #reused = false
  #head: Omit<Answer, 'body'> | null = null
  #chunks: Buffer[] = []
  #size = 0
  #complete = false
  #done = false

  /** @param deadline when the head must be there, on the clock of `performance.now()` */
  constructor(deadline: number) {
    this.#deadline = deadline
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    // The caller may not be waiting yet; the rejection must not end the process.
    this.answer.catch(() => {})
    this.#timer = setTimeout(() => this.#giveUp(), Math.max(0, deadline - performance.now()))
  }

  /**
   * Whether the request was sent, or was about to be sent, on a connection that had carried another one. What
   * goes wrong there may be the fault of what came before.
   */
  get reused(): boolean {
    return this.#reused
  }

  /** Whether `answer` is settled: nothing that happens from now on changes it. */
  get isOver(): boolean {
    return this.#done
  }

  /**
   * Called with the connection that will send the request.
   *
   * @param currentSocket its open socket; null while it is not connected
   */
  assign(currentSocket: () => WebhookSocket | null): void {
    this.#currentSocket = currentSocket
    this.#reused = currentSocket()?.used ?? false
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    this.#socket = this.#currentSocket()
    this.#reused = this.#socket?.used ?? false
    // Given up while connecting: not a byte may be sent any more, so this cannot wait for a later turn.
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

  #giveUp(): void {
    this.#settle(new ExchangeTimeout(this.#controller ? 'WAITING' : 'CONNECTING'))
    this.#hangUp()
  }

  #cutBody(): void {
    this.#settle()
    this.#hangUp()
  }

  /** Closes the connection, unless the response has ended after all by the end of the parser's turn. */
  #hangUp(): void {
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
