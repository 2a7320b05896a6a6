import type { IncomingMessage, Server } from 'node:http'

/**
 * Removes the base path from the URL of every request and upgrade, before other listeners of the server read it. A URL
 * without it is left unchanged, because the proxy can have removed the base path.
 * @param basePath as in "/webhooks"; empty when the service is at the root of its host
 */
export function acceptBasePath(server: Server, basePath: string): void {
  if (basePath === '') return
  const remove = (request: IncomingMessage) => {
    request.url = withoutBasePath(request.url ?? '', basePath)
  }
  server.prependListener('request', remove)
  server.prependListener('upgrade', remove)
}

function withoutBasePath(url: string, basePath: string): string {
  if (!url.startsWith(basePath)) return url
  const rest = url.slice(basePath.length)
  if (rest.startsWith('/')) return rest
  return rest === '' || rest.startsWith('?') ? `/${rest}` : url
}
