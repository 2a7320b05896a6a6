import type { Failure } from '../../domain/failure.ts'
import { tlsFailureOfCode } from './tls-failure.ts'

/** The error codes of the address guard and the client. */
export const GUARD_CODES = {
  blocked: 'ERR_BLOCKED_ADDRESS',
  httpRefused: 'ERR_HTTP_REFUSED',
  nameNotFound: 'ERR_NAME_NOT_FOUND',
  nameLookupFailed: 'ERR_NAME_LOOKUP_FAILED',
  handshakeCut: 'ERR_HANDSHAKE_CUT',
  proxyFailed: 'ERR_PROXY_FAILED',
} as const

/** The error codes of responses whose status cannot be read. */
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
 * Returns the failure of an error code of Node, OpenSSL, undici or the address guard; CONNECTION for an unknown code. Customers
 * never see the messages of errors, because they contain addresses.
 */
export function failureOfCode(code: string): Failure {
  return FAILURES.get(code) ?? tlsFailureOfCode(code) ?? UNKNOWN
}

const closed = connection('Your endpoint closed the connection before it responded.')
const unreachable = connection(
  'Your endpoint could not be reached: there is no route to its address.',
)
const UNKNOWN = connection('The connection to your endpoint failed.')

/**
 * One sentence for a name that does not exist and one that resolves only inside of the service's network, so that customers
 * cannot find out internal names by it.
 */
const NO_PUBLIC_ADDRESS =
  'The host name could not be resolved to a public address. Check its records in the public DNS.'

const FAILURES: ReadonlyMap<string, Failure> = new Map(
  Object.entries({
    [GUARD_CODES.blocked]: blocked(NO_PUBLIC_ADDRESS),
    [GUARD_CODES.httpRefused]: blocked('Deliveries are sent to https only. Change the URL.'),
    [GUARD_CODES.nameNotFound]: dns(NO_PUBLIC_ADDRESS),
    [GUARD_CODES.nameLookupFailed]: dns(NO_PUBLIC_ADDRESS),
    [RESPONSE_CODES.noStatusLine]: badResponse(
      'The response does not start with an HTTP status line, such as "HTTP/1.1 200 OK".',
    ),
    [RESPONSE_CODES.http2]: badResponse(
      'Your endpoint responded in HTTP/2. Enable HTTP/1.1, which deliveries use.',
    ),
    [RESPONSE_CODES.tls]: badResponse(
      'Your endpoint responded in TLS, but the URL starts with "http:". Change it to "https:".',
    ),
    [RESPONSE_CODES.upgrade]: badResponse(
      'Your endpoint returned 101 and switched to another protocol, which the delivery did not request.',
    ),
    [RESPONSE_CODES.headTooLarge]: badResponse(
      'The headers of the response are larger than 64 KiB.',
    ),
    [RESPONSE_CODES.headCut]: connection(
      'Your endpoint closed the connection before it sent all response headers.',
    ),
    [RESPONSE_CODES.lengthsDiffer]: badResponse(
      'The response has contradicting Content-Length headers.',
    ),
    [RESPONSE_CODES.lengthInvalid]: badResponse(
      'The Content-Length of the response is not a number.',
    ),
    [RESPONSE_CODES.unreadable]: badResponse('The response could not be read.'),
    [GUARD_CODES.handshakeCut]: connection(
      'Your endpoint closed the connection during the TLS handshake.',
    ),
    [GUARD_CODES.proxyFailed]: {
      code: 'CONNECTION',
      message:
        'The service could not connect to your endpoint because of a fault of its own. This does not count as a failure of the destination.',
      isOwnFault: true,
    },
    ECONNREFUSED: connection('Your endpoint refused the connection.'),
    ECONNRESET: closed,
    EPIPE: closed,
    UND_ERR_SOCKET: closed,
    EHOSTUNREACH: unreachable,
    ENETUNREACH: unreachable,
    EADDRNOTAVAIL: unreachable,
    // The client decides what is a timeout. These two mean that no address accepted a connection.
    ETIMEDOUT: connection('No address of your endpoint accepted a connection.'),
    UND_ERR_CONNECT_TIMEOUT: connection('No address of your endpoint accepted a connection.'),
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
