import type { Failure } from './outcome.ts'

/** Codes of our own, for what the address guard and the client find out. */
export const GUARD_CODES = {
  blocked: 'ERR_BLOCKED_ADDRESS',
  httpRefused: 'ERR_HTTP_REFUSED',
  nameNotFound: 'ERR_NAME_NOT_FOUND',
  nameLookupFailed: 'ERR_NAME_LOOKUP_FAILED',
  badResponse: 'ERR_BAD_RESPONSE',
} as const

/**
 * What the error of a connection means, by its code as Node, OpenSSL, undici or the guard gives it. Error
 * messages are never passed on: they name addresses. A code that nobody has thought of is CONNECTION.
 */
export function failureOfCode(code: string): Failure {
  return FAILURES.get(code) ?? FAMILIES.find(([prefix]) => prefix.test(code))?.[1] ?? UNKNOWN
}

const closed = connection('The receiver closed the connection before it answered.')
const unreachable = connection('The receiver could not be reached: no route leads to its address.')
const unknownIssuer = tls(
  'The certificate of the receiver was not issued by a known authority, or its chain is incomplete.',
)
const selfSigned = tls('The certificate of the receiver is self-signed.')
const noTls = tls('No TLS connection was agreed on: the receiver must speak TLS 1.2 or later.')
const notHttp = badResponse('The receiver answered with something that is not HTTP/1.1.')
const UNKNOWN = connection('The connection to the receiver failed.')

const FAILURES: ReadonlyMap<string, Failure> = new Map(
  Object.entries({
    [GUARD_CODES.blocked]: blocked(
      'The host leads to a private, local or otherwise reserved address, which deliveries may not reach.',
    ),
    [GUARD_CODES.httpRefused]: blocked('Deliveries go to https only. Change the URL.'),
    [GUARD_CODES.nameNotFound]: dns('The host name of the URL has no address.'),
    [GUARD_CODES.nameLookupFailed]: dns('The host name of the URL could not be looked up.'),
    [GUARD_CODES.badResponse]: notHttp,
    ECONNREFUSED: connection('The receiver refused the connection.'),
    ECONNRESET: closed,
    EPIPE: closed,
    UND_ERR_SOCKET: closed,
    EHOSTUNREACH: unreachable,
    ENETUNREACH: unreachable,
    EADDRNOTAVAIL: unreachable,
    // The client's own clock decides what is a time-out; these two mean that every address was given up.
    ETIMEDOUT: connection('No address of the receiver accepted a connection.'),
    UND_ERR_CONNECT_TIMEOUT: connection('No address of the receiver accepted a connection.'),
    UND_ERR_RES_CONTENT_LENGTH_MISMATCH: notHttp,
    UND_ERR_HEADERS_OVERFLOW: badResponse('The headers of the response are larger than 16 KiB.'),
    CERT_HAS_EXPIRED: tls('The certificate of the receiver has expired.'),
    CERT_NOT_YET_VALID: tls('The certificate of the receiver is not valid yet.'),
    CERT_REVOKED: tls('The certificate of the receiver has been revoked.'),
    ERR_TLS_CERT_ALTNAME_INVALID: tls('The certificate of the receiver is for another host name.'),
    HOSTNAME_MISMATCH: tls('The certificate of the receiver is for another host name.'),
    DEPTH_ZERO_SELF_SIGNED_CERT: selfSigned,
    SELF_SIGNED_CERT_IN_CHAIN: unknownIssuer,
    UNABLE_TO_GET_ISSUER_CERT: unknownIssuer,
    UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownIssuer,
    UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownIssuer,
    EPROTO: noTls,
  }),
)

const FAMILIES: readonly (readonly [RegExp, Failure])[] = [
  [/^ERR_SSL_/, noTls],
  [
    /^(CERT_|ERR_TLS_|INVALID_CA$|INVALID_PURPOSE$|UNABLE_TO_|PATH_LENGTH_|CRL_|ERROR_IN_CERT_)/,
    tls('The certificate of the receiver could not be verified.'),
  ],
]

function connection(message: string): Failure {
  return { code: 'CONNECTION', message }
}

function tls(message: string): Failure {
  return { code: 'TLS', message }
}

function dns(message: string): Failure {
  return { code: 'DNS', message }
}

function blocked(message: string): Failure {
  return { code: 'BLOCKED_ADDRESS', message }
}

function badResponse(message: string): Failure {
  return { code: 'BAD_RESPONSE', message }
}
