import http from 'node:http'
import https from 'node:https'
import type { Socket } from 'node:net'
import { GUARD_CODES } from './transport-failure.ts'

/** The egress proxy failed, or refused a connection. The receiver is not at fault. */
export class ProxyError extends Error {
  override name = 'ProxyError'
  readonly code = GUARD_CODES.proxyFailed
}

/** The statuses with which proxies report that the destination did not accept a connection, or not in time. */
const DESTINATION_FAILED: ReadonlySet<unknown> = new Set([502, 504])

interface Target {
  /** Checked addresses. They are tried in this order. */
  addresses: readonly string[]
  port: number
  timeoutMs: number
}

/**
 * Opens a connection to the first address that accepts one, through a proxy (CONNECT). The proxy gets the checked address
 * and not the host name, so it cannot resolve the name to another address.
 * @throws ProxyError; an error with the code ETIMEDOUT if no address accepted a connection
 */
export async function connectThrough(
  proxy: URL,
  { addresses, port, timeoutMs }: Target,
): Promise<Socket> {
  const signal = AbortSignal.timeout(timeoutMs)
  for (const address of addresses) {
    const authority = `${address.includes(':') ? `[${address}]` : address}:${port}`
    const socket = await requestTunnel(proxy, authority, signal)
    if (socket) return socket
  }
  throw Object.assign(new Error('No address accepted a connection.'), { code: 'ETIMEDOUT' })
}

/** @returns null if the destination did not accept the connection */
function requestTunnel(proxy: URL, authority: string, signal: AbortSignal): Promise<Socket | null> {
  const { request } = proxy.protocol === 'https:' ? https : http
  return new Promise((resolve, reject) => {
    const connecting = request({
      host: proxy.hostname.replace(/^\[(.*)\]$/, '$1'),
      port: proxy.port || (proxy.protocol === 'https:' ? 443 : 80),
      method: 'CONNECT',
      path: authority,
      headers: { host: authority, ...credentialsOf(proxy) },
      agent: false,
      signal,
    })
    const fail = (reason: string, cause?: unknown) =>
      reject(new ProxyError(`The egress proxy failed: ${reason}`, { cause }))
    connecting.once('connect', ({ statusCode }, socket: Socket) => {
      if (statusCode === 200) return resolve(socket)
      socket.destroy()
      if (DESTINATION_FAILED.has(statusCode)) resolve(null)
      else fail(`status ${statusCode}`)
    })
    connecting.once('response', ({ statusCode }) => {
      connecting.destroy()
      fail(`status ${statusCode} without a tunnel`)
    })
    connecting.once('error', (error) => fail('no response', error))
    connecting.end()
  })
}

function credentialsOf({ username, password }: URL): Record<string, string> {
  if (username === '') return {}
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` }
}
