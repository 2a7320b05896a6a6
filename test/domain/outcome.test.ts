import { describe, expect, it } from 'vitest'
import { outcomeOfFailure, outcomeOfResponse, timeoutFailure } from '../../src/domain/outcome.ts'
import { failureOfCode, GUARD_CODES, RESPONSE_CODES } from '../../src/domain/transport-failure.ts'

describe('a response', () => {
  it.each([200, 204, 299])('with status %i is a success', (status) => {
    expect(outcomeOfResponse(status, 'thanks')).toEqual({
      status: 'SUCCEEDED',
      responseCode: status,
      responseBody: 'thanks',
    })
  })

  it.each([
    [301, 'REDIRECT'],
    [304, 'REDIRECT'],
    [400, 'HTTP_STATUS'],
    [410, 'HTTP_STATUS'],
    [429, 'HTTP_STATUS'],
    [500, 'HTTP_STATUS'],
    [999, 'HTTP_STATUS'],
  ])('with status %i is a failure: %s', (status, code) => {
    const outcome = outcomeOfResponse(status, null)
    expect(outcome).toMatchObject({ status: 'FAILED', responseCode: status, failure: { code } })
    expect(outcome.status === 'FAILED' && outcome.failure.message).toContain(String(status))
  })
})

describe('no response', () => {
  it.each([
    [GUARD_CODES.blocked, 'BLOCKED_ADDRESS', 'reserved'],
    [GUARD_CODES.httpRefused, 'BLOCKED_ADDRESS', 'https'],
    [GUARD_CODES.nameNotFound, 'DNS', 'no address'],
    [GUARD_CODES.nameLookupFailed, 'DNS', 'looked up'],
    ['ECONNREFUSED', 'CONNECTION', 'refused'],
    ['ECONNRESET', 'CONNECTION', 'closed'],
    ['UND_ERR_SOCKET', 'CONNECTION', 'closed'],
    ['CERT_HAS_EXPIRED', 'TLS', 'expired'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'TLS', 'another host name'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'TLS', 'self-signed'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'TLS', 'known authority'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'TLS', 'TLS 1.2'],
    ['CERT_SIGNATURE_FAILURE', 'TLS', 'verified'],
    [RESPONSE_CODES.noStatusLine, 'BAD_RESPONSE', 'status line'],
    [RESPONSE_CODES.headTooLarge, 'BAD_RESPONSE', '64 KiB'],
    ['E_NEVER_HEARD_OF', 'CONNECTION', 'failed'],
    ['constructor', 'CONNECTION', 'failed'],
  ])('because of %s is the failure %s: "… %s …"', (error, code, said) => {
    const failure = failureOfCode(error)
    expect(failure.code).toBe(code)
    expect(failure.message).toContain(said)
    expect(failure.message).toMatch(/^[A-Z].*\.$/)
  })

  it('in time says how far the attempt had come', () => {
    expect(timeoutFailure('CONNECTING', 5000).message).toContain('No connection')
    expect(timeoutFailure('WAITING', 5000).message).toBe(
      'The receiver did not answer within 5 seconds.',
    )
  })

  it('leaves the response of the outcome empty', () => {
    const failure = timeoutFailure('WAITING', 5000)
    expect(outcomeOfFailure(failure)).toEqual({
      status: 'FAILED',
      responseCode: null,
      responseBody: null,
      failure,
    })
  })
})
