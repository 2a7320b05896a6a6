import { isIP } from 'node:net'
import type { Failure } from './outcome.ts'

/** What a failure's sentence names of a request and its response. */
export interface ResponseFacts {
  url: string
  /** The size of the request's body. */
  requestBytes: number
  /** The header of that name, as it was sent. */
  location?: string | undefined
}

/** Returns why an attempt failed whose response has a status other than 2xx, and what can be done about it. */
export function failureOfStatus(status: number, facts: ResponseFacts): Failure {
  if (status >= 300 && status <= 399) return redirect(status, facts)
  const advice = status === 413 ? raiseLimit(facts) : (ADVICE.get(status) ?? cloudflare(status))
  return {
    code: 'HTTP_STATUS',
    message: `The receiver answered ${status}${advice ? `: ${advice}` : ''}.`,
  }
}

function redirect(status: number, facts: ResponseFacts): Failure {
  const target = redirectTarget(facts)
  const advice = target
    ? `it redirects to ${target}. If the receiver is there, set this URL.`
    : 'Set the URL that answers itself.'
  const message = `The receiver answered ${status}. Redirects are not followed: ${advice}`
  return { code: 'REDIRECT', message }
}

const MAX_TARGET_CHARACTERS = 200

/** @returns the URL without its query, which may hold secrets; undefined for what is no name or too long */
function redirectTarget({ url, location }: ResponseFacts): string | undefined {
  if (!location || !URL.canParse(location, url)) return undefined
  const { protocol, hostname, origin, pathname } = new URL(location, url)
  const isShown = protocol === 'https:' && isIP(hostname.replace(/^\[|\]$/g, '')) === 0
  const target = origin + pathname
  return isShown && target.length <= MAX_TARGET_CHARACTERS ? target : undefined
}

const raiseLimit = ({ requestBytes }: ResponseFacts) =>
  `the body was ${size(requestBytes)}; raise your server's limit (Express: \`express.json({ limit: '2mb' })\`)`

/** Sizes as people read them: 1 kB is 1,000 bytes. */
function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`
  return bytes < 1e6 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`
}

const ADVICE: ReadonlyMap<number, string> = new Map([
  [
    401,
    "it did not accept the signature, or it demands a login. Verify the raw body with this destination's signing secret, and demand nothing else at this URL",
  ],
  [
    403,
    'it refuses the request. A firewall, a bot protection or a CSRF check does so as well: exempt this URL from it',
  ],
  [404, 'it has nothing at this path. Check the URL'],
  [405, 'it does not accept POST at this URL. Check the path, and that it handles POST'],
  [407, 'a proxy in front of it demands a login, which deliveries do not have'],
  [408, 'it did not get the whole request in time'],
  [410, 'what was at this URL is gone for good. Set the new URL, or deactivate the destination'],
  [
    411,
    'it demands the header Content-Length, which every delivery has. A proxy in front of it removes it',
  ],
  [414, 'the URL is too long for it'],
  [415, 'it does not accept the Content-Type application/json, which every delivery has'],
  [421, 'it is not responsible for the host name of the URL'],
  [422, 'it read the body and did not accept what is in it'],
  [426, 'it demands another protocol. Deliveries are sent in HTTP/1.1: accept it'],
  [429, 'it limits how many requests it accepts. Raise this limit for deliveries'],
  [431, 'the headers of the request are too large for it, which have about 1 kB. Raise its limit'],
  [500, 'an error occurred in it. See its log'],
  [501, 'it does not support POST'],
  [502, 'a proxy in front of it got no valid response from it'],
  [503, 'it is overloaded or out of service'],
  [504, 'a proxy in front of it got no response from it in time'],
  [505, 'it does not support HTTP/1.1, which deliveries use'],
])

/** Statuses that no standard has: Cloudflare answers with them for the server behind it. */
const cloudflare = (status: number) =>
  status >= 520 && status <= 530
    ? 'Cloudflare answers this when it gets no proper response from the server behind it'
    : undefined
