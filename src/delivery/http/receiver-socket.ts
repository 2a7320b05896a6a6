import type { Socket } from 'node:net'
import { ResponseHeadReader } from './response-head.ts'

/**
 * An open connection to a receiver, used by one exchange after the other. Reads the head of each response before undici does,
 * and decides whether the connection can be reused.
 */
export class ReceiverSocket {
  readonly #socket: Socket
  readonly #read: Socket['read']
  /** On the clock of `performance.now()`. */
  readonly #expiresAt: number
  #head: ResponseHeadReader | null = null
  #used = false
  #failure: Error | null = null

  /** @param maxAgeMs how long the connection may be used from now on */
  constructor(socket: Socket, maxAgeMs: number) {
    this.#socket = socket
    this.#expiresAt = performance.now() + maxAgeMs
    this.#read = socket.read
    socket.on('error', (error) => {
      this.#failure ??= error
    })
    // undici reads by calling `read`. A stream in between would delay each request by a turn of the event loop.
    socket.read = (size) => this.#next(size)
  }

  /** Whether a request was sent on the connection before. */
  get used(): boolean {
    return this.#used
  }

  /** Whether the connection has exceeded its maximum age. */
  get expired(): boolean {
    return performance.now() >= this.#expiresAt
  }

  /**
   * The first error of the connection. When a TLS alert arrives after the handshake, undici reports only that the connection
   * was closed.
   */
  get failure(): Error | null {
    return this.#failure
  }

  /** Whether a part of the expected head has arrived. */
  get headBegun(): boolean {
    return this.#head?.begun ?? false
  }

  /** Begins a request. The bytes read from now on are its response. */
  begin(): void {
    this.#used = true
    this.#head = new ResponseHeadReader()
  }

  /**
   * Ends a response. Closes the connection when it exceeds its maximum age or is not persistent. undici would close the
   * latter with an error, and formatting its stack takes longer than sending a request.
   */
  end(persistent: boolean): void {
    if (!persistent || this.expired) this.#socket.destroy()
  }

  #next(size?: number): Buffer | null {
    for (;;) {
      const chunk: Buffer | null = this.#read.call(this.#socket, size)
      if (chunk === null) return null
      // A part of a body, or bytes between two responses, for which undici closes the connection.
      if (!this.#head) return chunk
      const head = this.#takeHead(this.#head, chunk)
      if (head || this.#socket.destroyed) return head
    }
  }

  #takeHead(reader: ResponseHeadReader, chunk: Buffer): Buffer | null {
    try {
      // A receiver that answers before the end of the request may never read the rest of it.
      const response = reader.read(chunk, this.#socket.writableLength > 0)
      if (response) this.#head = null
      return response
    } catch (error) {
      this.#socket.destroy(error as Error)
      return null
    }
  }
}
