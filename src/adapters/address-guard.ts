import { Resolver } from 'node:dns/promises'
import { isIP, type LookupFunction } from 'node:net'
import { buildConnector } from 'undici'
import { type AddressPolicy, isAllowed } from '../domain/address.ts'
import { GUARD_CODES } from '../domain/transport-failure.ts'

/**
 * Looks a host name up.
 *
 * @returns its IPv4 and IPv6 addresses; none when the name does not exist or has no address
 * @throws when the name servers give no answer
 */
export type ResolveName = (hostname: string) => Promise<readonly string[]>

/** The guard's own errors; their codes are in `GUARD_CODES`, their text is for our logs only. */
export class GuardError extends Error {
  override name = 'GuardError'
  readonly code: string
  constructor(code: string, cause?: unknown) {
    super(`The address guard refused: ${code}`, { cause })
    this.code = code
  }
}

/** How long one address is tried before the next one is tried beside it. */
const NEXT_ADDRESS_AFTER_MS = 500

/**
 * Connects only where the policy lets deliveries go. An address in the URL is judged as it is, a name by
 * all of its addresses when it is connected to: one forbidden address refuses the whole name. No answer
 * of a later look-up is ever used in place of the judged one.
 */
export function createGuardedConnector(options: {
  policy: AddressPolicy
  resolve: ResolveName
  timeoutMs: number
}): buildConnector.connector {
  const { policy, resolve, timeoutMs } = options
  const connect = buildConnector({
    timeout: timeoutMs,
    allowH2: false,
    lookup: guardedLookup(policy, resolve),
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: NEXT_ADDRESS_AFTER_MS,
    minVersion: 'TLSv1.2',
    // Said aloud, because the default obeys NODE_TLS_REJECT_UNAUTHORIZED.
    rejectUnauthorized: true,
  } as buildConnector.BuildOptions)

  return (target, callback) => {
    const refusal = judgeTarget(target, policy)
    if (refusal) {
      queueMicrotask(() => callback(refusal, null))
      return
    }
    // Names with a trailing dot are legal in a URL but not in TLS.
    const servername = target.servername?.replace(/\.$/, '')
    connect({ ...target, ...(servername && { servername }) }, (error, socket) => {
      if (error) callback(error, null)
      else if (isAllowed(socket.remoteAddress ?? '', policy)) callback(null, socket)
      else callback(socket.destroy() && new GuardError(GUARD_CODES.blocked), null)
    })
  }
}

function judgeTarget(target: buildConnector.Options, policy: AddressPolicy): GuardError | null {
  if (target.protocol !== 'https:' && !policy.allowHttp) {
    return new GuardError(GUARD_CODES.httpRefused)
  }
  // Node never calls `lookup` for an address, so it has to be judged here.
  const address = target.hostname.replace(/^\[(.*)\]$/, '$1')
  const forbidden = isIP(address) !== 0 && !isAllowed(address, policy)
  return forbidden ? new GuardError(GUARD_CODES.blocked) : null
}

function guardedLookup(policy: AddressPolicy, resolve: ResolveName): LookupFunction {
  return (hostname, options, callback) => {
    resolveAllowed(hostname, { policy, resolve }).then(
      (addresses) => {
        const entries = addresses.map((address) => ({ address, family: isIP(address) }))
        if (options.all) callback(null, entries)
        else callback(null, entries[0]!.address, entries[0]!.family)
      },
      (error: Error) => callback(error, []),
    )
  }
}

async function resolveAllowed(
  hostname: string,
  { policy, resolve }: { policy: AddressPolicy; resolve: ResolveName },
): Promise<readonly string[]> {
  if (/^localhost\.?$/.test(hostname)) return allowedLoopback(policy)
  const addresses = await resolve(hostname).catch((cause) => {
    throw new GuardError(GUARD_CODES.nameLookupFailed, cause)
  })
  if (addresses.length === 0) throw new GuardError(GUARD_CODES.nameNotFound)
  if (addresses.every((address) => isAllowed(address, policy))) return addresses
  throw new GuardError(GUARD_CODES.blocked)
}

/** `localhost` is no name of the DNS; it stands for the loopback addresses that the policy allows. */
function allowedLoopback(policy: AddressPolicy): readonly string[] {
  const addresses = ['127.0.0.1', '::1'].filter((address) => isAllowed(address, policy))
  if (addresses.length === 0) throw new GuardError(GUARD_CODES.blocked)
  return addresses
}

/**
 * Asks each name server once, for 1.5 s. Unlike getaddrinfo this holds none of Node's four threads, one of
 * which a dead name would block for 10 s. It does not read the hosts file.
 *
 * @param servers as `dns.setServers` takes them. Default: those of the system
 */
export function createNameResolver(servers?: readonly string[]): ResolveName {
  const resolver = new Resolver({ timeout: 1500, tries: 1 })
  if (servers) resolver.setServers(servers)
  return async (hostname) => {
    const answers = await Promise.allSettled([
      resolver.resolve4(hostname),
      resolver.resolve6(hostname),
    ])
    const addresses = answers.flatMap((one) => (one.status === 'fulfilled' ? one.value : []))
    const failed = answers.find((one) => one.status === 'rejected' && !isAbsence(one.reason))
    if (addresses.length === 0 && failed?.status === 'rejected') throw failed.reason
    return addresses
  }
}

function isAbsence(error: { code?: string }): boolean {
  return error.code === 'ENOTFOUND' || error.code === 'ENODATA'
}
