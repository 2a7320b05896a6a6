import type { IncomingMessage } from 'node:http'
import { BlockList } from 'node:net'

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4')
LOOPBACK.addAddress('::1', 'ipv6')

const LOOPBACK_HOST = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i

/** Headers that proxies and content delivery networks add. A forwarded request can come from anywhere. */
const FORWARDED =
  /^(forwarded|via|true-client-ip|fastly-client-ip|(x-(forwarded|real|client|cluster|original|proxy|envoy|amz[a-z]*|azure|appengine|vercel)|cf|fly|cdn)(-.*)?)$/

/**
 * Whether a request comes from this machine directly and has a loopback name in Host. A page of another site whose name
 * resolves to 127.0.0.1 could otherwise read what local browsers get. Not sufficient on its own: a proxy on this machine may
 * add no header and send a loopback name.
 */
export function isLocalRequest({ headers, httpVersion, socket }: IncomingMessage): boolean {
  const { remoteAddress, remoteFamily } = socket
  if (remoteAddress === undefined) return false
  // Browsers do not use HTTP/1.0, but proxies do by default, and can send a loopback name in Host.
  if (httpVersion === '1.0') return false
  const family = remoteFamily === 'IPv6' ? 'ipv6' : 'ipv4'
  return (
    LOOPBACK.check(remoteAddress, family) &&
    LOOPBACK_HOST.test(headers.host ?? '') &&
    !Object.keys(headers).some((name) => FORWARDED.test(name))
  )
}
