import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

type Address = ipaddr.IPv4 | ipaddr.IPv6
type Network = readonly [Address, number]

/** The addresses to which deliveries may connect, as configured. Created by `createAddressPolicy`. */
export interface AddressPolicy {
  /** Whether `http:` URLs are accepted beside `https:`. */
  readonly allowHttp: boolean
  /** Reserved networks that are allowed. */
  readonly allowNetworks: readonly Network[]
  /** Networks that are refused, also if they are public or in `allowNetworks`. */
  readonly denyNetworks: readonly Network[]
}

/**
 * Parses the networks. A network such as `::ffff:10.0.0.0/104` matches nothing, because mapped addresses are checked as the
 * IPv4 addresses that they contain.
 * @throws Error that names the first entry that is not a network in CIDR notation
 */
export function createAddressPolicy(options: {
  allowHttp: boolean
  allowNetworks: readonly string[]
  denyNetworks?: readonly string[]
}): AddressPolicy {
  return {
    allowHttp: options.allowHttp,
    allowNetworks: options.allowNetworks.map(parseNetwork),
    denyNetworks: (options.denyNetworks ?? []).map(parseNetwork),
  }
}

/**
 * Whether a delivery may connect to an address: a public address, or one in an allowed network, that is
 * in no denied network. An IPv4-mapped address
 * is checked as the IPv4 address that it contains. Every other form that contains an IPv4 address (NAT64, 6to4, Teredo,
 * ISATAP ...) is refused.
 * @param address an IPv4 or IPv6 address without brackets; any other text is refused
 */
export function isAllowed(address: string, policy: AddressPolicy): boolean {
  // A zone is an interface of this machine.
  if (isIP(address) === 0 || address.includes('%')) return false
  const parsed = ipaddr.process(address)
  if (policy.denyNetworks.some((network) => contains(network, parsed))) return false
  return (
    policy.allowNetworks.some((network) => contains(network, parsed)) ||
    (parsed instanceof ipaddr.IPv4 ? isPublicIPv4(parsed) : isPublicIPv6(parsed))
  )
}

function parseNetwork(cidr: string): Network {
  const [address = '', prefix = '', ...rest] = cidr.split('/')
  const bits = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1
  if (rest.length > 0 || !/^\d{1,3}$/.test(prefix) || Number(prefix) > bits) {
    throw new Error(
      `"${cidr}" is not a network in CIDR notation. Write it like 10.1.0.0/16 or fd00::/8.`,
    )
  }
  return [ipaddr.parse(address), Number(prefix)]
}

function contains([network, prefix]: Network, address: Address): boolean {
  return network.kind() === address.kind() && address.match(network, prefix)
}

/** Azure's WireServer has a public address, but is reachable from virtual machines in Azure alone. */
const AZURE_WIRE_SERVER = ipaddr.IPv4.parse('168.63.129.16')

function isPublicIPv4(address: ipaddr.IPv4): boolean {
  return address.range() === 'unicast' && address.toString() !== AZURE_WIRE_SERVER.toString()
}

/** The only IPv6 block that is routed on the internet (IANA, global unicast). */
const GLOBAL_UNICAST: Network = [ipaddr.IPv6.parse('2000::'), 3]

function isPublicIPv6(address: ipaddr.IPv6): boolean {
  return address.range() === 'unicast' && contains(GLOBAL_UNICAST, address) && !isIsatap(address)
}

/** An ISATAP address contains an IPv4 address after the interface id 0:5efe or 200:5efe of any prefix (RFC 5214). */
function isIsatap({ parts }: ipaddr.IPv6): boolean {
  return (parts[4]! & 0xfdff) === 0 && parts[5] === 0x5efe
}
