import type { IncomingMessage, ServerResponse } from 'node:http'

/**
 * Allows pages of every origin to call the API. This is safe because browsers add no credentials: there are no cookies, and
 * credentials are not allowed. The page of GraphiQL can contain the local key, so it is sent without this header.
 */
export function allowEveryOrigin(response: ServerResponse): void {
  response.setHeader('access-control-allow-origin', '*')
  response.setHeader('access-control-expose-headers', 'retry-after, x-request-id')
}

const DEFAULT_HEADERS = 'authorization, content-type, x-organization, x-organization-create'

const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]+$/

/**
 * Responds to a preflight request. Every header is allowed: clients add their own (Apollo, Sentry, Datadog, W3C tracing),
 * and no header grants access without a key.
 */
export function answerPreflight({ headers }: IncomingMessage, response: ServerResponse): void {
  const requested = String(headers['access-control-request-headers'] ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => HEADER_NAME.test(name))
  response
    .writeHead(204, {
      'access-control-allow-methods': 'GET, POST, PUT, DELETE',
      // "*" does not include Authorization.
      'access-control-allow-headers': requested.join(', ') || DEFAULT_HEADERS,
      'access-control-max-age': '86400',
      vary: 'access-control-request-headers',
    })
    .end()
}
