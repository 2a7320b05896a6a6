import type { IncomingHttpHeaders } from 'node:http'

/**
 * Whether a page can open a WebSocket. Browsers send no preflight for it, but the page's origin: it must be listed, or have
 * the same host as the request. The scheme is not compared, because a proxy can end TLS. Clients other than browsers
 * send no origin.
 */
export function isAllowedOrigin(
  { host, origin }: IncomingHttpHeaders,
  allowed: readonly string[] = [],
): boolean {
  if (origin === undefined || allowed.includes(origin)) return true
  const page = URL.parse(origin)
  const asked = page && URL.parse(`${page.protocol}//${host}`)
  return !!asked && asked.host !== '' && asked.host === page.host
}
