import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/**
 * How long an idle connection is kept. Proxies keep theirs for 60 s: who closes first must be the proxy, else it
 * sends a request into a connection that is being closed, and answers 502.
 */
export const KEEP_ALIVE_TIMEOUT_MS = 75_000

/** @throws as node:net does when the address cannot be listened on */
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

/** Where a server listens, as in http://127.0.0.1:4000 */
export function urlOf(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`
}
