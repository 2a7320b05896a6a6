import { describe, expect, it } from 'vitest'
import {
  failureOfCode,
  GUARD_CODES,
  RESPONSE_CODES,
} from '../../../src/delivery/http/transport-failure.ts'
import { failureOfStatus } from '../../../src/domain/failure.ts'
import { outcomeOfFailure, outcomeOfResponse, timeoutFailure } from '../../../src/domain/outcome.ts'

const facts = { url: 'https://hooks.example.com/hook', requestBytes: 120_000 }

describe('a response', () => {
  it.each([200, 204, 299])('with status %i is a success', (status) => {
    expect(outcomeOfResponse({ status, body: 'thanks' }, facts)).toEqual({
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
    const outcome = outcomeOfResponse({ status, body: null }, facts)
    expect(outcome).toMatchObject({ status: 'FAILED', responseCode: status, failure: { code } })
    expect(outcome.status === 'FAILED' && outcome.failure.message).toContain(String(status))
  })

  it('with every other status is a failure whose sentence names it', () => {
    for (let status = 300; status < 1000; status += 1) {
      const { code, message } = failureOfStatus(status, facts)
      expect(code).toBe(status < 400 ? 'REDIRECT' : 'HTTP_STATUS')
      expect(message).toMatch(
        new RegExp(`^Your endpoint (returned ${status}|redirected \\(${status}\\))([.:].*)?\\.$`),
      )
    }
  })

  it.each([
    [120_000, '120 kB'],
    [999, '999 bytes'],
    [1_000, '1 kB'],
    [1_049_000, '1.0 MB'],
  ])('with status 413 names the size of %i bytes and the limit to raise', (requestBytes, size) => {
    expect(failureOfStatus(413, { ...facts, requestBytes }).message).toBe(
      `Your endpoint returned 413: the body was ${size}; raise your server's limit (Express: \`express.json({ limit: '2mb' })\`).`,
    )
  })

  it.each([
    ['/hook/', 'https://hooks.example.com/hook/'],
    ['https://www.example.com/hook?token=abc#x', 'https://www.example.com/hook'],
  ])('that redirects to %s names it without its query', (location, shown) => {
    const { message } = failureOfStatus(301, { ...facts, location })
    expect(message).toContain(`If ${shown} is the right endpoint`)
    expect(message).not.toContain('abc')
  })

  it.each([
    undefined,
    '',
    'https://10.0.0.1/',
    'https://[::1]/',
    'https://2130706433/',
    'http://plain.example.com/',
    'javascript:alert(1)',
    'https://user:secret@',
    `https://long.example.com/${'a'.repeat(200)}`,
  ])('that redirects to %s does not name it', (location) => {
    const { message } = failureOfStatus(302, { ...facts, location })
    expect(message).toContain('Use the final URL.')
  })
})

describe('no response', () => {
  it.each([
    [GUARD_CODES.blocked, 'BLOCKED_ADDRESS', 'public address'],
    [GUARD_CODES.httpRefused, 'BLOCKED_ADDRESS', 'https'],
    [GUARD_CODES.nameNotFound, 'DNS', 'public address'],
    [GUARD_CODES.nameLookupFailed, 'DNS', 'public address'],
    ['ECONNREFUSED', 'CONNECTION', 'refused'],
    ['ECONNRESET', 'CONNECTION', 'closed'],
    ['UND_ERR_SOCKET', 'CONNECTION', 'closed'],
    ['CERT_HAS_EXPIRED', 'TLS', 'expired'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'TLS', 'another host name'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'TLS', 'self-signed'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'TLS', 'known authority'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'TLS', 'does not use TLS'],
    ['CERT_SIGNATURE_FAILURE', 'TLS', 'wrong signature'],
    ['CERT_CHAIN_TOO_LONG', 'TLS', 'could not be verified'],
    ['UNSPECIFIED', 'TLS', 'could not be verified'],
    ['ERR_SSL_BAD_ECPOINT', 'TLS', 'bad ecpoint'],
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

  it('in time reports the phase of the attempt', () => {
    expect(timeoutFailure('CONNECTING', 5000).message).toContain('Could not connect')
    expect(timeoutFailure('WAITING', 5000).message).toBe(
      'Your endpoint did not respond within 5 seconds.',
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
