import type { Socket } from 'node:net'
import { ResponseHeadReader } from './response-head.ts'

/**
 * One open connection to a receiver, as its exchanges use it one after the other. It reads each response's
 * head before undici does, and it knows whether it may be used again.
 */
export class WebhookSocket {
  readonly #socket: Socket
  readonly #read: Socket['read']
  /** On the clock of `performance.now()`. */
  readonly #expiresAt: number
  #head: ResponseHeadReader | null = null
  #used = false
  #failure: Error | null = null

  /** @param maxAgeMs how long the connection may be used, from now */
  constructor(socket: Socket, maxAgeMs: number) {
    this.#socket = socket
    this.#expiresAt = performance.now() + maxAgeMs
    this.#read = socket.read
    socket.on('error', (error) => {
      this.#failure ??= error
    })
    // undici reads by calling `read`. A stream in between would cost each request a turn of the event loop.
    socket.read = (size) => this.#next(size)
  }

  /** Whether a request was sent on it before. */
  get used(): boolean {
    return this.#used
  }

  /** Whether its largest age is over. */
  get expired(): boolean {
    return performance.now() >= this.#expiresAt
  }

  /**
   * What ended the connection first. A TLS alert that comes after the handshake is followed by the end of the
   * connection, which is all that undici reports.
   */
  get failure(): Error | null {
    return this.#failure
  }

  /** Whether the connection has brought a part of the head that is awaited. */
  get headBegun(): boolean {
    return this.#head?.begun ?? false
  }

  /** Announces a request: what is read from now on is its response. */
  begin(): void {
    this.#used = true
    this.#head = new ResponseHeadReader()
  }

  /**
   * Announces the end of a response. Closes the connection when its largest age is over or the response does not
   * persist: undici would close the latter with an error, whose stack takes longer to format than the request to send.
   */
  end(persistent: boolean): void {
    if (!persistent || this.expired) this.#socket.destroy()
  }

  #next(size?: number): Buffer | null {
    for (;;) {
      const chunk: Buffer | null = this.#read.call(this.#socket, size)
      if (chunk === null) return null
      // A body, or bytes between two responses, at which undici closes the connection.
      if (!this.#head) return chunk
      const head = this.#takeHead(this.#head, chunk)
      if (head || this.#socket.destroyed) return head
    }
  }

  #takeHead(reader: ResponseHeadReader, chunk: Buffer): Buffer | null {
    try {
      // A response that comes before the request was sent whole may mean that the rest is never read.
      const response = reader.take(chunk, this.#socket.writableLength > 0)
      if (response) this.#head = null
      return response
    } catch (error) {
      this.#socket.destroy(error as Error)
      return null
    }
  }
}
