import type { IncomingHttpHeaders } from 'node:http'

/**
 * Whether who opens a socket may do so. Browsers ask no preflight for one and tell the page's origin instead:
 * it has to be on the host that was asked for, by whatever scheme since a proxy may end TLS, or be listed. No
 * origin at all means that it is no browser.
 */
export function isWelcome(
  { host, origin }: IncomingHttpHeaders,
  allowed: readonly string[] = [],
): boolean {
  if (origin === undefined || allowed.includes(origin)) return true
  const page = URL.parse(origin)
  const asked = page && URL.parse(`${page.protocol}//${host}`)
  return !!asked && asked.host !== '' && asked.host === page.host
}
