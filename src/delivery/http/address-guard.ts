import { isIP, type Socket } from 'node:net'
import { buildConnector } from 'undici'
import { type AddressPolicy, isAllowed } from '../../domain/address.ts'
import { dial } from './dial.ts'
import type { NameAnswer, ResolveName } from './name-resolver.ts'
import { GUARD_CODES } from './transport-failure.ts'

/** The guard's own errors; their codes are in `GUARD_CODES`, their text is for our logs only. */
export class GuardError extends Error {
  override name = 'GuardError'
  readonly code: string
  constructor(code: string, cause?: unknown) {
    super(`The address guard refused: ${code}`, { cause })
    this.code = code
  }
}

/** Opens a connection for undici, and says how long it may be used. */
export type GuardedConnector = (
  target: buildConnector.Options,
  callback: (
    ...result:
      | [error: Error, socket: null, maxAgeMs: null]
      | [error: null, Socket, maxAgeMs: number]
  ) => void,
) => void

/** The largest age of a connection: after it a name may lead elsewhere. */
const MAX_AGE_MS = 60_000
/** Where a name's life (TTL) is shorter than that. An idle connection is kept that long in any case. */
const MIN_AGE_MS = 1000

interface GuardOptions {
  policy: AddressPolicy
  resolve: ResolveName
  timeoutMs: number
}

/**
 * Makes a connector that connects only where the policy lets deliveries go. An address in the URL is judged as
 * it is, a name by all of its addresses when it is connected to: one forbidden address refuses the whole name.
 * Where one family is used before the other is known, addresses that come later are judged before any of them
 * is connected to, and a forbidden one refuses the name while no connection is open. No answer of a later
 * look-up is ever used in place of the judged one.
 */
export function createGuardedConnector(options: GuardOptions): GuardedConnector {
  const secure = buildConnector({
    timeout: options.timeoutMs,
    allowH2: false,
    minVersion: 'TLSv1.2',
    // Explicit, because the default obeys NODE_TLS_REJECT_UNAUTHORIZED.
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
  { policy, resolve, timeoutMs }: GuardOptions,
  secure: buildConnector.connector,
): Promise<{ socket: Socket; maxAgeMs: number }> {
  const isSecure = target.protocol === 'https:'
  if (!isSecure && !policy.allowHttp) throw new GuardError(GUARD_CODES.httpRefused)
  const {
    addresses,
    lifeMs = MAX_AGE_MS,
    later,
  } = await addressesOf(target.hostname, resolve, policy)
  const socket = await dial({
    addresses: judge(addresses, policy),
    later: later?.then((answer) => judge(answer.addresses, policy)),
    port: Number(target.port || (isSecure ? 443 : 80)),
    timeoutMs,
  })
  if (!isAllowed(socket.remoteAddress ?? '', policy)) {
    socket.destroy()
    throw new GuardError(GUARD_CODES.blocked)
  }
  return {
    socket: isSecure ? await startTls(socket, target, secure) : socket,
    maxAgeMs: Math.min(MAX_AGE_MS, Math.max(MIN_AGE_MS, lifeMs)),
  }
}

/** @throws GuardError when one of the addresses is forbidden */
function judge(addresses: readonly string[], policy: AddressPolicy): readonly string[] {
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

/** `localhost` is no name of the DNS; it stands for the loopback addresses that the policy allows. */
function allowedLoopback(policy: AddressPolicy): readonly string[] {
  const addresses = ['127.0.0.1', '::1'].filter((address) => isAllowed(address, policy))
  if (addresses.length === 0) throw new GuardError(GUARD_CODES.blocked)
  return addresses
}

const CUT: ReadonlySet<unknown> = new Set(['ECONNRESET', 'EPIPE'])

function startTls(
  socket: Socket,
  target: buildConnector.Options,
  secure: buildConnector.connector,
): Promise<Socket> {
  // Names with a trailing dot are legal in a URL but not in TLS.
  const servername = target.servername?.replace(/\.$/, '')
  return new Promise((resolve, reject) => {
    secure(
      { ...target, ...(servername && { servername }), httpSocket: socket },
      (error, secured) => {
        if (secured) resolve(secured)
        else {
          socket.destroy()
          const isCut = error && 'code' in error && CUT.has(error.code)
          reject(isCut ? new GuardError(GUARD_CODES.handshakeCut, error) : error)
        }
      },
    )
  })
}
