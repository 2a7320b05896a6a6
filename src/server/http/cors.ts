import type { IncomingMessage, ServerResponse } from 'node:http'

/**
 * Lets pages of every origin call the API. Browsers send no key of their own accord: there are no cookies, and
 * credentials are not allowed. The page of GraphiQL may hold the local key, so it is answered before this.
 */
export function allowEveryOrigin(response: ServerResponse): void {
  response.setHeader('access-control-allow-origin', '*')
  response.setHeader('access-control-expose-headers', 'retry-after, x-request-id')
}

const DEFAULT_HEADERS = 'authorization, content-type, x-organization'

const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]+$/

/**
 * Answers a preflight. Every header is allowed: clients add their own (Apollo, Sentry, Datadog, W3C tracing), and
 * no header gives a page anything but the key it has.
 */
export function answerPreflight({ headers }: IncomingMessage, response: ServerResponse): void {
  const requested = String(headers['access-control-request-headers'] ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => HEADER_NAME.test(name))
  response
    .writeHead(204, {
      'access-control-allow-methods': 'GET, POST, PUT, DELETE',
      // "*" would not cover Authorization.
      'access-control-allow-headers': requested.join(', ') || DEFAULT_HEADERS,
      'access-control-max-age': '86400',
      vary: 'access-control-request-headers',
    })
    .end()
}
