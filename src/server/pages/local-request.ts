import type { IncomingMessage } from 'node:http'
import { BlockList } from 'node:net'

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4')
LOOPBACK.addAddress('::1', 'ipv6')

const LOOPBACK_HOST = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i

/** Headers that proxies add. A forwarded request can come from anywhere. */
const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via']

/**
 * Whether a request comes from this machine directly and has a loopback name in Host. A page of another site whose name
 * resolves to 127.0.0.1 could otherwise read what local browsers get.
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
    FORWARDED.every((name) => headers[name] === undefined)
  )
}
