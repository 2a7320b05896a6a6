import type { Server, ServerOptions } from 'node:http'
import type { AddressInfo } from 'node:net'

/**
 * How long an idle connection stays open. It must exceed the timeout of proxies, usually 60 s: otherwise a proxy can send a
 * request on a connection that the server is closing, and respond with 502.
 */
const KEEP_ALIVE_TIMEOUT_MS = 75_000

const REQUEST_TIMEOUT_MS = 30_000
/** Checks for late requests within the timeout. With Node's default interval a request could take twice the timeout. */
const CHECKS_PER_TIMEOUT = 6

/**
 * Returns the time limits of a server's connections.
 * @param requestTimeoutMs the time within which a request must arrive completely. Default: 30,000
 */
export const connectionTimeouts = (requestTimeoutMs = REQUEST_TIMEOUT_MS): ServerOptions => ({
  requestTimeout: requestTimeoutMs,
  connectionsCheckingInterval: Math.ceil(requestTimeoutMs / CHECKS_PER_TIMEOUT),
  keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
})

/** @throws the error of node:net if the server cannot listen on the address */
export function listen(
  server: Server,
  { host, port }: { host: string; port: number },
): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

/** Returns the URL on which a server listens, as in "http://127.0.0.1:4000". */
export function urlOf(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`
}
