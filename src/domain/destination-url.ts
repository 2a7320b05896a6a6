import { isIP } from 'node:net'
import { type AddressPolicy, isAllowed } from './address.ts'
import { isReservedName } from './reserved-names.ts'

/** Characters. Common servers accept at least as many. */
export const MAX_URL_LENGTH = 2048

/**
 * Ports of other protocols, which HTTP clients must not use: the "bad ports" of the Fetch standard.
 */
const BAD_PORTS: ReadonlySet<number> = new Set([
  0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102,
  103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465,
  512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993,
  995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668,
  6669, 6679, 6697, 10080,
])

/**
 * Validates the URL of a destination. Does not resolve its host name, because the result can change: each connection checks
 * the address.
 * @returns the normalized URL (lower-case host, no default port), or an issue that says what to change
 */
export function checkDestinationUrl(
  raw: string,
  policy: AddressPolicy,
): { url: string } | { issue: string } {
  const issue = issueOfText(raw, policy)
  if (issue !== null) return { issue }
  const url = URL.parse(raw)
  if (url === null) {
    return { issue: 'This is not a valid URL. Check the host name and the port.' }
  }
  const issueOfParts = issueOfUrl(url, policy)
  return issueOfParts === null ? { url: url.href } : { issue: issueOfParts }
}

/** Checks the text before it is parsed, since the parser silently repairs most of these faults. */
function issueOfText(raw: string, policy: AddressPolicy): string | null {
  if (raw.trim() === '') return 'Enter a URL.'
  if (raw.length > MAX_URL_LENGTH) {
    return `Shorten the URL: it may have at most ${MAX_URL_LENGTH} characters.`
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  if (/[\u0000-\u0020\u007f\\]/.test(raw)) {
    return 'Remove spaces, line breaks, control characters and backslashes from the URL.'
  }
  if (!raw.isWellFormed()) return 'Remove the broken characters from the URL.'
  const scheme = /^https:\/\/[^/]/i.test(raw) || (policy.allowHttp && /^http:\/\/[^/]/i.test(raw))
  if (!scheme) {
    return `Begin the URL with ${policy.allowHttp ? 'https:// or http://' : 'https://'} and a host name.`
  }
  const authority = raw.slice(raw.indexOf('//') + 2).split(/[/?#]/, 1)[0]!
  if (authority.includes('@')) {
    return 'Remove the user name and password from the URL. Deliveries prove their origin by their signature.'
  }
  return null
}

function issueOfUrl(url: URL, policy: AddressPolicy): string | null {
  if (url.href.length > MAX_URL_LENGTH) {
    return `Shorten the URL: written out it may have at most ${MAX_URL_LENGTH} characters.`
  }
  if (url.hash !== '' || url.href.endsWith('#')) {
    return 'Remove the # and what follows it: that part of a URL is never sent to a server.'
  }
  if (url.port !== '' && BAD_PORTS.has(Number(url.port))) {
    return `Use another port: ${url.port} belongs to another protocol.`
  }
  return issueOfHost(url.hostname, policy)
}

/** @param hostname the result of `URL`, which normalizes decimal, octal, hexadecimal and full-width spellings */
function issueOfHost(hostname: string, policy: AddressPolicy): string | null {
  const address = hostname.replace(/^\[(.*)\]$/, '$1')
  if (isIP(address) !== 0) {
    return isAllowed(address, policy)
      ? null
      : 'Use a public address. This one is private, local or otherwise reserved.'
  }
  const name = hostname.replace(/\.$/, '')
  if (name === 'localhost' && LOOPBACK.some((one) => isAllowed(one, policy))) return null
  if (!isHostName(name)) {
    return 'Check the host name: use letters, digits and hyphens, with single dots between its parts.'
  }
  if (!name.includes('.') || isReservedName(name)) {
    return 'Use a host name of the public internet, such as hooks.example.com.'
  }
  return null
}

const LOOPBACK = ['127.0.0.1', '::1']

/** Whether a name is within the limits of DNS (RFC 1035). Underscores are allowed, because names with them resolve. */
function isHostName(name: string): boolean {
  return name.length <= 253 && name.split('.').every((label) => /^[a-z0-9_-]{1,63}$/.test(label))
}
