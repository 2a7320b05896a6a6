import type { Duplex } from 'node:stream'
import { CloseCode } from 'graphql-ws'
import type { WebSocket } from 'ws'
import type { Authentication, Credentials } from '../../access/authentication.ts'
import type { Logger } from '../../telemetry/logger.ts'
import type { UnreadResponses } from '../limits/unread-responses.ts'
import type { LiveConnection } from '../streams/live-connections.ts'
import {
  type Closing,
  closingOf,
  NO_CREDENTIALS,
  TOO_EARLY,
  type UpgradeCredentials,
} from './authorize.ts'
import type { SocketOperations } from './operations.ts'
import { RunningOperations } from './running-operations.ts'
import { closeSocket, onText, sendText } from './socket.ts'

const PING_INTERVAL_MS = 12_000

const GOING_AWAY: Closing = { code: 1001, reason: 'Going away' }
const FAILED: Closing = { code: CloseCode.InternalServerError, reason: 'Internal server error' }

/** Characters of a client's id in a close reason, which has at most 123 bytes. */
const MAX_ID_CHARACTERS = 20

interface Options {
  stream: Duplex
  /** To call when the client is authenticated. */
  signedIn: () => void
  upgrade: UpgradeCredentials
  log: Logger
  unread: UnreadResponses
}

/**
 * A WebSocket as graphql-ws, its operations and the check of open connections use it. A class, because thousands of them are
 * open at once and methods take no memory in an instance.
 */
export class Connection implements LiveConnection, SocketOperations {
  credentials: Credentials | null = null
  readonly socket: WebSocket
  readonly options: Options
  readonly running = new RunningOperations(this)
  readonly #ping = setInterval(() => this.#closeIfSilent(), PING_INTERVAL_MS)
  #isSilent = false
  #receive: (text: string) => Promise<void> = ignore

  constructor(socket: WebSocket, options: Options) {
    this.socket = socket
    this.options = options
    socket.on('pong', () => {
      this.#isSilent = false
    })
    onText(socket, (text) => {
      this.running.handle(text).catch((error: unknown) => this.#fail(error))
    })
  }

  get protocol(): string {
    return this.socket.protocol
  }

  /** graphql-ws awaits this before it pulls the next item, so a slow client keeps one item per subscription in memory. */
  send(text: string): Promise<void> {
    return sendText(this.socket, text, this.options.unread)
  }

  close(code: number = FAILED.code, reason = ''): void {
    closeSocket(this.socket, code === TOO_EARLY.code ? TOO_EARLY : { code, reason })
  }

  onMessage(receive: (text: string) => Promise<void>): void {
    this.#receive = receive
  }

  handle(text: string): Promise<void> {
    return this.#receive(text)
  }

  refuse(id: string): void {
    const reason = `An operation with the id ${id.slice(0, MAX_ID_CHARACTERS)} is still running.`
    closeSocket(this.socket, { code: CloseCode.SubscriberAlreadyExists, reason })
  }

  end(refused: Authentication | null): void {
    const credentials = this.credentials ?? NO_CREDENTIALS
    closeSocket(this.socket, refused ? closingOf(credentials, refused) : GOING_AWAY)
  }

  /** Releases what the connection keeps, after its WebSocket has closed. */
  closed(): void {
    clearInterval(this.#ping)
    this.running.close()
  }

  /** Closes a WebSocket that has not responded to the previous ping. */
  #closeIfSilent(): void {
    if (this.#isSilent) this.socket.terminate()
    else this.socket.ping()
    this.#isSilent = true
  }

  #fail(error: unknown): void {
    // A client that disconnected before it got its response is not a fault of the service.
    const level = this.socket.readyState === this.socket.OPEN ? 'error' : 'debug'
    this.options.log[level]({ err: error }, 'could not handle a WebSocket message')
    closeSocket(this.socket, FAILED)
  }
}

async function ignore(): Promise<void> {}
