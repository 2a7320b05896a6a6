import type { IncomingMessage } from 'node:http'
import { BlockList } from 'node:net'

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4')
LOOPBACK.addAddress('::1', 'ipv6')

const LOOPBACK_HOST = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i

/** What proxies add: a request that came through one began who knows where. */
const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via']

/**
 * Whether a request was made by this machine and for this machine: the name in Host is checked too, since
 * a foreign name that resolves to 127.0.0.1 lets its page read what a local browser is answered.
 */
export function isLocalRequest({ headers, httpVersion, socket }: IncomingMessage): boolean {
  const { remoteAddress, remoteFamily } = socket
  if (remoteAddress === undefined) return false
  // No browser speaks 1.0 any more, but proxies do by default, and may show a loopback name in Host.
  if (httpVersion === '1.0') return false
  const family = remoteFamily === 'IPv6' ? 'ipv6' : 'ipv4'
  return (
    LOOPBACK.check(remoteAddress, family) &&
    LOOPBACK_HOST.test(headers.host ?? '') &&
    FORWARDED.every((name) => headers[name] === undefined)
  )
}
