import net, { isIPv6, type Socket } from 'node:net'

/** Milliseconds until the next address is tried in parallel (RFC 8305, section 5). */
const NEXT_ATTEMPT_AFTER_MS = 250

/** Addresses of one name that are tried at most. */
const MAX_ADDRESSES = 20

export interface DialOptions {
  /** At least one. All are checked. */
  addresses: readonly string[]
  /** Addresses that arrive later. A rejection ends dialling with its error. */
  later?: Promise<readonly string[]> | undefined
  port: number
  /** Milliseconds until a connection must be open. */
  timeoutMs: number
}

/**
 * Opens a TCP connection to the first address that accepts one (RFC 8305). Tries the addresses in parallel until one connects
 * or all have failed, then closes the other connections.
 *
 * Tries IPv4 and IPv6 addresses alternately, IPv4 first: the firewalls of receivers allow known IPv4 addresses, and many
 * receivers have an IPv6 address on which nothing listens.
 * @throws the error of `later`; the error of the most informative attempt; or an error with the code ETIMEDOUT
 */
export function dial(options: DialOptions): Promise<Socket> {
  return new Promise((resolve, reject) => new Dialling(options, { resolve, reject }).start())
}

interface Ending {
  resolve(socket: Socket): void
  reject(error: unknown): void
}

class Dialling {
  readonly #options: DialOptions
  readonly #ending: Ending
  readonly #known = new Set<string>()
  readonly #open = new Set<Socket>()
  #waiting: string[] = []
  #awaitsMore: boolean
  #failure: Error | null = null
  #nextAttempt: NodeJS.Timeout | undefined
  #limit: NodeJS.Timeout | undefined
  #over = false

  constructor(options: DialOptions, ending: Ending) {
    this.#options = options
    this.#ending = ending
    this.#awaitsMore = options.later !== undefined
  }

  start(): void {
    const { addresses, later, timeoutMs } = this.#options
    this.#limit = setTimeout(() => this.#fail(failureWithCode('ETIMEDOUT')), timeoutMs)
    this.#add(addresses)
    this.#tryNext()
    later?.then(
      (all) => {
        this.#awaitsMore = false
        this.#add(all)
        if (this.#nextAttempt === undefined || this.#open.size === 0) this.#tryNext()
      },
      (error) => this.#fail(error),
    )
  }

  #add(addresses: readonly string[]): void {
    for (const address of alternate(addresses)) {
      if (this.#known.size === MAX_ADDRESSES) return
      if (this.#known.has(address)) continue
      this.#known.add(address)
      this.#waiting.push(address)
    }
  }

  #tryNext(): void {
    if (this.#over) return
    clearTimeout(this.#nextAttempt)
    this.#nextAttempt = undefined
    const address = this.#waiting.shift()
    if (address !== undefined) this.#try(address)
    else if (this.#open.size === 0 && !this.#awaitsMore) this.#fail(this.#failure)
  }

  #try(address: string): void {
    const socket = net.connect({
      host: address,
      port: this.#options.port,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: 60_000,
    })
    this.#open.add(socket)
    socket.once('connect', () => this.#succeed(socket))
    socket.on('error', (error) => {
      if (!this.#open.delete(socket)) return
      this.#failure = moreInformative(this.#failure, error)
      this.#tryNext()
    })
    if (this.#waiting.length > 0) {
      this.#nextAttempt = setTimeout(() => this.#tryNext(), NEXT_ATTEMPT_AFTER_MS)
    }
  }

  #succeed(socket: Socket): void {
    this.#open.delete(socket)
    this.#end()
    this.#ending.resolve(socket)
  }

  #fail(error: unknown): void {
    if (this.#over) return
    this.#end()
    this.#ending.reject(error)
  }

  #end(): void {
    this.#over = true
    clearTimeout(this.#nextAttempt)
    clearTimeout(this.#limit)
    const others = [...this.#open]
    this.#open.clear()
    for (const socket of others) socket.destroy()
  }
}

/** Alternates between the families, IPv4 first. */
function alternate(addresses: readonly string[]): readonly string[] {
  if (addresses.length === 1) return addresses
  const later = addresses.filter((address) => isIPv6(address))
  const first = addresses.filter((address) => !isIPv6(address))
  const rounds = Math.max(first.length, later.length)
  return Array.from({ length: rounds }, (_, turn) => [first[turn], later[turn]])
    .flat()
    .filter((address) => address !== undefined)
}

/** Errors of a machine without a route to one family, which do not concern the receiver. */
const LOCAL_CODES: ReadonlySet<unknown> = new Set(['ENETUNREACH', 'EHOSTUNREACH', 'EADDRNOTAVAIL'])

const codeOf = (error: Error | null) => error && 'code' in error && error.code

const moreInformative = (earlier: Error | null, error: Error) =>
  earlier && LOCAL_CODES.has(codeOf(error)) ? earlier : error

const failureWithCode = (code: string) => Object.assign(new Error(code), { code })
