import { isIP } from 'node:net'

/** Why an attempt failed. The codes are part of the API. */
export type FailureCode =
  | 'HTTP_STATUS'
  | 'REDIRECT'
  | 'TIMEOUT'
  | 'DNS'
  | 'CONNECTION'
  | 'TLS'
  | 'BAD_RESPONSE'
  | 'BLOCKED_ADDRESS'
  | 'SECRET_UNAVAILABLE'

export interface Failure {
  code: FailureCode
  /** A sentence for the customer. Contains no resolved address and nothing of the service's network. */
  message: string
  /** Set if the service itself failed. The attempt is retried, but does not count towards disabling the destination. */
  isOwnFault?: true
}

/** The parts of a request and its response that a failure message contains. */
export interface ResponseFacts {
  url: string
  /** The size of the request body in bytes. */
  requestBytes: number
  /** The value of the Location header. */
  location?: string | undefined
}

/** Returns the failure of a response whose status is not 2xx, with advice for the receiver. */
export function failureOfStatus(status: number, facts: ResponseFacts): Failure {
  if (status >= 300 && status <= 399) return redirect(status, facts)
  const advice = status === 413 ? raiseLimit(facts) : (ADVICE.get(status) ?? cloudflare(status))
  return {
    code: 'HTTP_STATUS',
    message: `Your endpoint returned ${status}${advice ? `: ${advice}` : ''}.`,
  }
}

function redirect(status: number, facts: ResponseFacts): Failure {
  const target = redirectTarget(facts)
  const advice = target ? `If ${target} is the right endpoint, set this URL.` : 'Use the final URL.'
  const message = `Your endpoint redirected (${status}). Redirects aren’t followed. ${advice}`
  return { code: 'REDIRECT', message }
}

const MAX_TARGET_CHARACTERS = 200

/** @returns the URL without its query, which may contain secrets; undefined when it has an IP address or is too long */
function redirectTarget({ url, location }: ResponseFacts): string | undefined {
  if (!location || !URL.canParse(location, url)) return undefined
  const { protocol, hostname, origin, pathname } = new URL(location, url)
  const isShown = protocol === 'https:' && isIP(hostname.replace(/^\[|\]$/g, '')) === 0
  const target = origin + pathname
  return isShown && target.length <= MAX_TARGET_CHARACTERS ? target : undefined
}

const raiseLimit = ({ requestBytes }: ResponseFacts) =>
  `the body was ${size(requestBytes)}; raise your server's limit (Express: \`express.json({ limit: '2mb' })\`)`

/** Formats a size. 1 kB is 1,000 bytes. */
function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`
  return bytes < 1e6 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`
}

const ADVICE: ReadonlyMap<number, string> = new Map([
  [
    401,
    "it rejected the signature or requires a login. Verify the raw body with this destination's signing secret, and require no other authentication at this URL",
  ],
  [403, 'access was denied. Exempt this URL from firewall rules, bot protection and CSRF checks'],
  [404, 'nothing was found at this path. Check the URL'],
  [405, 'POST is not allowed. Check the path, and that it handles POST'],
  [407, 'a proxy requires authentication, which deliveries do not support'],
  [408, 'it timed out while reading the request'],
  [410, 'the URL no longer exists. Set the new URL, or deactivate the destination'],
  [
    411,
    'it requires the header Content-Length. Every delivery has one, so a proxy may have removed it',
  ],
  [414, 'the URL is too long for it'],
  [415, 'it does not accept the Content-Type application/json, which every delivery has'],
  [421, 'it does not serve the host name of the URL'],
  [422, 'it read the body and rejected the content'],
  [426, 'it requires another protocol. Allow HTTP/1.1, which deliveries use'],
  [429, 'too many requests. Raise its rate limit for deliveries'],
  [431, 'the request headers are too large for it. Allow at least 1 kB'],
  [500, 'an internal error occurred. Check its logs'],
  [501, 'it does not support POST'],
  [502, 'a proxy received an invalid response from your server'],
  [503, 'it is overloaded or unavailable'],
  [504, 'a proxy received no response from your server in time'],
  [505, 'it does not support HTTP/1.1, which deliveries use'],
])

/** The statuses that Cloudflare returns for the server behind it. No standard defines them. */
const cloudflare = (status: number) =>
  status >= 520 && status <= 530
    ? 'Cloudflare received no valid response from your server'
    : undefined
