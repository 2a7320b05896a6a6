import { isIP, type Socket } from 'node:net'
import { buildConnector } from 'undici'
import { type AddressPolicy, isAllowed } from '../../domain/address.ts'
import { dial } from './dial.ts'
import { connectThrough } from './egress-proxy.ts'
import type { NameAnswer, ResolveName } from './name-resolver.ts'
import { GUARD_CODES } from './transport-failure.ts'

/** An error of the address guard, with a code of `GUARD_CODES`. Its message is for the log alone. */
export class GuardError extends Error {
  override name = 'GuardError'
  readonly code: string
  constructor(code: string, cause?: unknown) {
    super(`The address guard refused: ${code}`, { cause })
    this.code = code
  }
}

/** Opens a connection for undici. `maxAgeMs` is how long it may be used. */
export type GuardedConnector = (
  target: buildConnector.Options,
  callback: (
    ...result:
      | [error: Error, socket: null, maxAgeMs: null]
      | [error: null, Socket, maxAgeMs: number]
  ) => void,
) => void

/** The maximum age of a connection. Afterwards its host name may have other addresses. */
const MAX_AGE_MS = 60_000
/** The maximum age where the TTL of the host name is shorter. */
const MIN_AGE_MS = 1000

interface GuardOptions {
  policy: AddressPolicy
  resolve: ResolveName
  timeoutMs: number
  /** Opens all connections, to addresses that were checked before. Null: connections are direct. */
  proxy: URL | null
}

/**
 * Creates a connector that connects only to addresses that the policy allows. Checks all addresses of a host name when it
 * connects: one forbidden address refuses the name. When the addresses of one family arrive later, they are checked before
 * any of them is used, and a forbidden one refuses the name as long as no connection is open. The connection uses the checked
 * addresses; the name is not resolved again.
 */
export function createGuardedConnector(options: GuardOptions): GuardedConnector {
  const secure = buildConnector({
    timeout: options.timeoutMs,
    allowH2: false,
    minVersion: 'TLSv1.2',
    // Set explicitly, because the default depends on NODE_TLS_REJECT_UNAUTHORIZED.
    rejectUnauthorized: true,
  })
  return (target, callback) => {
    connect(target, options, secure).then(
      ({ socket, maxAgeMs }) => callback(null, socket, maxAgeMs),
      (error) => callback(error, null, null),
    )
  }
}

async function connect(
  target: buildConnector.Options,
  { policy, proxy, resolve, timeoutMs }: GuardOptions,
  secure: buildConnector.connector,
): Promise<{ socket: Socket; maxAgeMs: number }> {
  const isSecure = target.protocol === 'https:'
  if (!isSecure && !policy.allowHttp) throw new GuardError(GUARD_CODES.httpRefused)
  const {
    addresses,
    lifeMs = MAX_AGE_MS,
    later,
  } = await addressesOf(target.hostname, resolve, policy)
  const port = Number(target.port || (isSecure ? 443 : 80))
  const socket = proxy
    ? await connectThrough(proxy, {
        // The proxy chooses between the families, so all addresses are checked before.
        addresses: checkAddresses((await later)?.addresses ?? addresses, policy),
        port,
        timeoutMs,
      })
    : await connectDirectly({ addresses, later, port, timeoutMs }, policy)
  return {
    socket: isSecure ? await startTls(socket, target, secure) : socket,
    maxAgeMs: Math.min(MAX_AGE_MS, Math.max(MIN_AGE_MS, lifeMs)),
  }
}

interface Direct {
  addresses: readonly string[]
  later: NameAnswer['later'] | undefined
  port: number
  timeoutMs: number
}

async function connectDirectly(
  { addresses, later, port, timeoutMs }: Direct,
  policy: AddressPolicy,
): Promise<Socket> {
  const socket = await dial({
    addresses: checkAddresses(addresses, policy),
    later: later?.then((answer) => checkAddresses(answer.addresses, policy)),
    port,
    timeoutMs,
  })
  if (isAllowed(socket.remoteAddress ?? '', policy)) return socket
  socket.destroy()
  throw new GuardError(GUARD_CODES.blocked)
}

/** Returns the addresses if all are allowed. @throws GuardError */
function checkAddresses(addresses: readonly string[], policy: AddressPolicy): readonly string[] {
  if (addresses.every((address) => isAllowed(address, policy))) return addresses
  throw new GuardError(GUARD_CODES.blocked)
}

async function addressesOf(
  hostname: string,
  resolve: ResolveName,
  policy: AddressPolicy,
): Promise<NameAnswer> {
  const address = hostname.replace(/^\[(.*)\]$/, '$1')
  if (isIP(address) !== 0) return { addresses: [address] }
  if (/^localhost\.?$/.test(hostname)) return { addresses: allowedLoopback(policy) }
  const answer = await resolve(hostname).catch((cause) => {
    throw new GuardError(GUARD_CODES.nameLookupFailed, cause)
  })
  if (answer.addresses.length === 0) throw new GuardError(GUARD_CODES.nameNotFound)
  return answer
}

/** Returns the loopback addresses that the policy allows, for `localhost`, which DNS does not resolve. */
function allowedLoopback(policy: AddressPolicy): readonly string[] {
  const addresses = ['127.0.0.1', '::1'].filter((address) => isAllowed(address, policy))
  if (addresses.length === 0) throw new GuardError(GUARD_CODES.blocked)
  return addresses
}

const CLOSED_CODES: ReadonlySet<unknown> = new Set(['ECONNRESET', 'EPIPE'])

function startTls(
  socket: Socket,
  target: buildConnector.Options,
  secure: buildConnector.connector,
): Promise<Socket> {
  // A trailing dot is valid in a URL but not in TLS.
  const servername = target.servername?.replace(/\.$/, '')
  return new Promise((resolve, reject) => {
    secure(
      { ...target, ...(servername && { servername }), httpSocket: socket },
      (error, secured) => {
        if (secured) resolve(secured)
        else {
          socket.destroy()
          const isCut = error && 'code' in error && CLOSED_CODES.has(error.code)
          reject(isCut ? new GuardError(GUARD_CODES.handshakeCut, error) : error)
        }
      },
    )
  })
}
