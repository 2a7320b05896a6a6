import http2 from 'node:http2'
import net from 'node:net'
import tls from 'node:tls'
import { beforeAll, describe, expect, it } from 'vitest'
import { certificate, trustTestAuthority, weakDhParameters } from '../../../helpers/certificates.ts'
import { listen, watchSockets } from '../../../helpers/open-sockets.ts'
import { expectFailure, startClient } from '../../../helpers/webhook-client.ts'

beforeAll(trustTestAuthority)

/** Sends to a server over TLS. @returns the outcome */
async function sendTo(server: net.Server) {
  const sockets = watchSockets(server)
  server.on('tlsClientError', () => {})
  const port = await listen(server, '127.0.0.1')
  await using client = startClient()
  const url = `https://localhost:${port}/hook`
  const { outcome } = await client.send({ url, headers: {}, body: '{}' })
  await sockets.close()
  return outcome
}

const valid = certificate('valid')
/** Lets a server use what is too weak for its own library. */
const ciphers = 'DEFAULT:@SECLEVEL=0'
const demanding = { ...valid, requestCert: true, rejectUnauthorized: true }

/** Every kind of refusal that a server of Node can be made to give, and what is said of it. */
const servers: Record<string, [tls.TlsOptions, string]> = {
  'demands a client certificate (TLS 1.3)': [demanding, 'requires a client certificate'],
  'demands a client certificate (TLS 1.2)': [
    { ...demanding, maxVersion: 'TLSv1.2' },
    'requires a client certificate',
  ],
  'speaks HTTP/2 alone': [{ ...valid, ALPNProtocols: ['h2'] }, 'does not accept HTTP/1.1'],
  'speaks TLS 1.1 alone': [
    { ...valid, ciphers, minVersion: 'TLSv1', maxVersion: 'TLSv1.1' },
    'TLS 1.2 or 1.3',
  ],
  'accepts no cipher suite on offer': [
    { ...valid, maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-NULL-SHA:@SECLEVEL=0' },
    'none of the offered cipher suites',
  ],
  'signs with SHA-1 alone': [
    { ...valid, maxVersion: 'TLSv1.2', ciphers, sigalgs: 'ECDSA+SHA1' },
    'refused the TLS handshake',
  ],
  'has no certificate': [{}, 'refused the TLS handshake'],
  'has a key of 1,024 bits': [{ ...certificate('weak-key'), ciphers }, '2048 bits'],
  'has an issuer with a key of 1,024 bits': [
    { ...certificate('weak-issuer'), ciphers },
    "authority that issued your endpoint's certificate is too short",
  ],
  'has Diffie-Hellman parameters of 1,024 bits': [
    {
      ...certificate('rsa'),
      maxVersion: 'TLSv1.2',
      ciphers: 'DHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0',
      dhparam: weakDhParameters(),
    },
    'Diffie-Hellman parameters',
  ],
  'has a certificate signed with SHA-1': [{ ...certificate('sha1'), ciphers }, 'SHA-1'],
  'has a certificate for clients': [certificate('client-only'), 'not a server certificate'],
  'leaves the intermediate certificate out': [
    certificate('no-intermediate'),
    'its chain is incomplete',
  ],
  'has an expired certificate': [certificate('expired'), 'has expired'],
  'has a certificate for another host': [certificate('wrong-host'), 'another host name'],
  'has a self-signed certificate': [certificate('self-signed'), 'self-signed'],
}

describe.concurrent('a receiver that', () => {
  it.each(Object.entries(servers))('%s', async (_what, [options, said]) => {
    const outcome = await sendTo(
      tls.createServer(options, (socket) => socket.on('error', () => {})),
    )
    expect(expectFailure(outcome, 'TLS')).toContain(said)
  })

  it('is an HTTP/2 server without HTTP/1', async () => {
    const server = http2.createSecureServer(valid)
    server.on('sessionError', () => {})
    expect(expectFailure(await sendTo(server), 'TLS')).toContain('HTTP/2')
  })

  it.each<[string, (socket: net.Socket) => void]>([
    ['ends', (socket) => socket.end()],
    ['resets', (socket) => socket.resetAndDestroy()],
  ])('%s the connection during the handshake', async (_what, leave) => {
    const server = net.createServer((socket) => socket.once('data', () => leave(socket)))
    const message = expectFailure(await sendTo(server), 'CONNECTION')
    expect(message).toContain('during the TLS handshake')
  })

  it.each(['HTTP/1.1 400 Bad Request\r\n\r\n', 'SSH-2.0-OpenSSH_9.6\r\n', 'a'.repeat(100)])(
    'answers the handshake with %j',
    async (bytes) => {
      const server = net.createServer((socket) => socket.once('data', () => socket.end(bytes)))
      expect(expectFailure(await sendTo(server), 'TLS')).toContain('does not use TLS')
    },
  )
})

/** Alerts by their numbers (RFC 8446, section 6, and RFC 5246), and what is said of each. */
const alerts: Record<number, string> = {
  10: '"unexpected message"',
  20: '"bad record mac"',
  21: '"decryption failed"',
  22: '"record overflow"',
  30: '"decompression failure"',
  40: 'refused the TLS handshake',
  41: 'client certificate',
  42: 'client certificate',
  43: 'client certificate',
  44: 'client certificate',
  45: 'client certificate',
  46: 'client certificate',
  47: '"illegal parameter"',
  48: 'client certificate',
  49: '"access denied"',
  50: '"decode error"',
  51: '"decrypt error"',
  60: '"export restriction"',
  70: 'TLS 1.2 or 1.3',
  71: 'refused the TLS handshake',
  80: '"internal error"',
  86: '"inappropriate fallback"',
  90: '"user cancelled"',
  100: '"no renegotiation"',
  109: '"missing extension"',
  110: '"unsupported extension"',
  111: '"certificate unobtainable"',
  112: 'does not know the host name',
  113: '"bad certificate status response"',
  114: '"bad certificate hash value"',
  115: '"unknown psk identity"',
  116: 'client certificate',
  120: 'does not accept HTTP/1.1',
}

describe.concurrent('the TLS alert', () => {
  it.each(Object.entries(alerts))('%s has a sentence', async (number, said) => {
    const alert = Buffer.from([0x15, 3, 3, 0, 2, 2, Number(number)])
    const server = net.createServer((socket) => socket.once('data', () => socket.end(alert)))
    const message = expectFailure(await sendTo(server), 'TLS')
    expect(message).toContain(said)
    expect(message).toMatch(/^Your endpoint .*\.$/)
  })
})
