import type { Failure } from '../../domain/outcome.ts'
import { tlsFailureOfCode } from './tls-failure.ts'

/** Codes of our own, for what the address guard and the client find out. */
export const GUARD_CODES = {
  blocked: 'ERR_BLOCKED_ADDRESS',
  httpRefused: 'ERR_HTTP_REFUSED',
  nameNotFound: 'ERR_NAME_NOT_FOUND',
  nameLookupFailed: 'ERR_NAME_LOOKUP_FAILED',
  handshakeCut: 'ERR_HANDSHAKE_CUT',
} as const

/** Codes of our own for answers whose status cannot be read. */
export const RESPONSE_CODES = {
  noStatusLine: 'ERR_RESPONSE_NO_STATUS_LINE',
  http2: 'ERR_RESPONSE_HTTP2',
  tls: 'ERR_RESPONSE_TLS',
  upgrade: 'ERR_RESPONSE_UPGRADE',
  headTooLarge: 'ERR_RESPONSE_HEAD_TOO_LARGE',
  headCut: 'ERR_RESPONSE_HEAD_CUT',
  lengthsDiffer: 'ERR_RESPONSE_LENGTHS_DIFFER',
  lengthInvalid: 'ERR_RESPONSE_LENGTH_INVALID',
  unreadable: 'ERR_RESPONSE_UNREADABLE',
} as const

/**
 * What the error of a connection means, by its code as Node, OpenSSL, undici or the guard gives it. Error
 * messages are never passed on: they name addresses. An unknown code is CONNECTION.
 */
export function failureOfCode(code: string): Failure {
  return FAILURES.get(code) ?? tlsFailureOfCode(code) ?? UNKNOWN
}

const closed = connection('The receiver closed the connection before it answered.')
const unreachable = connection('The receiver could not be reached: no route leads to its address.')
const UNKNOWN = connection('The connection to the receiver failed.')

const FAILURES: ReadonlyMap<string, Failure> = new Map(
  Object.entries({
    [GUARD_CODES.blocked]: blocked(
      'The host leads to a private, local or otherwise reserved address, which deliveries may not reach.',
    ),
    [GUARD_CODES.httpRefused]: blocked('Deliveries go to https only. Change the URL.'),
    [GUARD_CODES.nameNotFound]: dns('The host name of the URL has no address.'),
    [GUARD_CODES.nameLookupFailed]: dns('The host name of the URL could not be looked up.'),
    [RESPONSE_CODES.noStatusLine]: badResponse(
      'The receiver answered with bytes that do not begin with an HTTP status line, such as "HTTP/1.1 200 OK".',
    ),
    [RESPONSE_CODES.http2]: badResponse(
      'The receiver answered in HTTP/2. Deliveries are sent in HTTP/1.1: enable it at the receiver.',
    ),
    [RESPONSE_CODES.tls]: badResponse(
      'The receiver answered in TLS, but the URL begins with "http:". Change it to "https:".',
    ),
    [RESPONSE_CODES.upgrade]: badResponse(
      'The receiver answered 101 and changed to another protocol, which the delivery did not ask for.',
    ),
    [RESPONSE_CODES.headTooLarge]: badResponse(
      'The headers of the response are larger than 64 KiB.',
    ),
    [RESPONSE_CODES.headCut]: connection(
      'The receiver closed the connection before the headers of its response were complete.',
    ),
    [RESPONSE_CODES.lengthsDiffer]: badResponse(
      'The response has several values of Content-Length that contradict each other.',
    ),
    [RESPONSE_CODES.lengthInvalid]: badResponse(
      'The Content-Length of the response is not a number.',
    ),
    [RESPONSE_CODES.unreadable]: badResponse('The response of the receiver could not be read.'),
    [GUARD_CODES.handshakeCut]: connection(
      'The receiver closed the connection during the TLS handshake.',
    ),
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
  }),
)

function connection(message: string): Failure {
  return { code: 'CONNECTION', message }
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
