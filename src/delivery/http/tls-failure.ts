import type { Failure } from '../../domain/failure.ts'

/**
 * Returns what an error code of Node or OpenSSL means for a TLS connection. This service verifies certificates;
 * an alert is sent by the receiver when it refuses the connection.
 *
 * @returns undefined if the code is not about TLS
 */
export function tlsFailureOfCode(code: string): Failure | undefined {
  const sentence = SENTENCES.get(code) ?? alertSentence(code) ?? familySentence(code)
  return sentence === undefined ? undefined : { code: 'TLS', message: sentence }
}

const VERSION = 'Your endpoint does not support TLS 1.2 or 1.3, which deliveries use.'
const NOT_TLS = 'Your endpoint does not use TLS on this port. Check that it is the https port.'
const UNKNOWN_ISSUER =
  'The certificate of your endpoint was not issued by a known authority, or its chain is incomplete.'
const OTHER_HOST = 'The certificate of your endpoint is for another host name.'
const SHORT_KEY =
  "The key of your endpoint's certificate is too short: RSA needs at least 2048 bits. Use a longer key."
const SHORT_ISSUER_KEY =
  "The key of the authority that issued your endpoint's certificate is too short: RSA needs at least 2048 bits."
const WEAK_DIGEST =
  'The certificate of your endpoint is signed with SHA-1 or MD5, which are not accepted. Use one signed with SHA-256.'
const CANNOT_VERIFY = 'The certificate of your endpoint could not be verified.'

const SENTENCES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    CERT_HAS_EXPIRED: 'The certificate of your endpoint has expired.',
    CERT_NOT_YET_VALID: 'The certificate of your endpoint is not valid yet.',
    CERT_REVOKED: 'The certificate of your endpoint has been revoked.',
    CERT_SIGNATURE_FAILURE: 'The certificate of your endpoint has a wrong signature.',
    ERR_TLS_CERT_ALTNAME_INVALID: OTHER_HOST,
    HOSTNAME_MISMATCH: OTHER_HOST,
    DEPTH_ZERO_SELF_SIGNED_CERT: 'The certificate of your endpoint is self-signed.',
    SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_ISSUER,
    UNABLE_TO_GET_ISSUER_CERT: UNKNOWN_ISSUER,
    UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_ISSUER,
    UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_ISSUER,
    INVALID_PURPOSE: 'The certificate of your endpoint is not a server certificate.',
    // Messages of OpenSSL, for which Node has only the code UNSPECIFIED.
    'EE certificate key too weak': SHORT_KEY,
    'CA certificate key too weak': SHORT_ISSUER_KEY,
    'CA signature digest algorithm too weak': WEAK_DIGEST,
    ERR_SSL_EE_KEY_TOO_SMALL: SHORT_KEY,
    ERR_SSL_CA_KEY_TOO_SMALL: SHORT_ISSUER_KEY,
    ERR_SSL_CA_MD_TOO_WEAK: WEAK_DIGEST,
    ERR_SSL_DH_KEY_TOO_SMALL:
      'The Diffie-Hellman parameters of your endpoint are too short: use at least 2048 bits, or ECDHE.',
    ERR_SSL_WRONG_SIGNATURE_TYPE:
      'Your endpoint signs the TLS handshake with an algorithm that is not accepted, such as SHA-1.',
    ERR_SSL_UNSAFE_LEGACY_RENEGOTIATION_DISABLED:
      'The TLS library of your endpoint is too old: it has no secure renegotiation (RFC 5746).',
    ERR_SSL_UNSUPPORTED_PROTOCOL: VERSION,
    ERR_SSL_WRONG_VERSION_NUMBER: NOT_TLS,
    ERR_SSL_PACKET_LENGTH_TOO_LONG: NOT_TLS,
    ERR_SSL_HTTP_REQUEST: NOT_TLS,
    EPROTO: 'The TLS handshake with your endpoint failed.',
  }),
)

const HANDSHAKE_REFUSED =
  'Your endpoint refused the TLS handshake. It requires a client certificate, which deliveries do not have, or supports none of the offered cipher suites.'
/** The reason for an alert about the client certificate. */
const CLIENT_CERTIFICATE = 'it requires a client certificate, which deliveries do not have'

const ALERTS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    'certificate required': `Your endpoint refused the TLS connection: ${CLIENT_CERTIFICATE}.`,
    'handshake failure': HANDSHAKE_REFUSED,
    'insufficient security': HANDSHAKE_REFUSED,
    'protocol version': VERSION,
    'no application protocol':
      'Your endpoint does not accept HTTP/1.1, which deliveries use, only protocols such as HTTP/2. Enable HTTP/1.1.',
    'unrecognized name':
      'Your endpoint does not know the host name of the URL (TLS alert "unrecognized name").',
  }),
)

const CLIENT_CERTIFICATE_ALERTS: ReadonlySet<string> = new Set([
  'no certificate',
  'bad certificate',
  'unsupported certificate',
  'certificate revoked',
  'certificate expired',
  'certificate unknown',
  'unknown ca',
])

/** The code of a received alert in OpenSSL, with the version that introduced it. */
const ALERT = /^ERR_SSL_(?:SSL\/TLS|SSLV3|TLSV1|TLSV13)_(?:ALERT_)?([A-Z_]+)$/

function alertSentence(code: string): string | undefined {
  const alert = ALERT.exec(code)?.[1]?.toLowerCase().replaceAll('_', ' ')
  if (alert === undefined) return undefined
  const reason = CLIENT_CERTIFICATE_ALERTS.has(alert) ? `, as if ${CLIENT_CERTIFICATE}` : ''
  return (
    ALERTS.get(alert) ??
    `Your endpoint ended the TLS connection with the alert "${alert}"${reason}.`
  )
}

function familySentence(code: string): string | undefined {
  const reason = /^ERR_SSL_([A-Z0-9_]+)$/.exec(code)?.[1]
  if (reason !== undefined) {
    const words = reason.toLowerCase().replaceAll('_', ' ')
    return `The TLS handshake with your endpoint failed: ${words}.`
  }
  const isVerification =
    /^(CERT_|ERR_TLS_|INVALID_CA$|UNABLE_TO_|PATH_LENGTH_|CRL_|ERROR_IN_CERT_|UNSPECIFIED$)/
  return isVerification.test(code) ? CANNOT_VERIFY : undefined
}
