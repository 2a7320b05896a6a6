import { createHmac, randomBytes } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { describe, expect, test } from 'vitest'
import { generateSecret, maskSecret, signatureHeaders } from '../../../src/domain/signature.ts'
import {
  nodeSampleVerifies,
  pythonIsPresent,
  pythonSampleVerifies,
} from '../../helpers/guide-samples/guide-receiver.ts'

const body = '{"event":"summary_created","data":{"summary":"Zoë 🚀"}}'
const secret = `wsec_${'a'.repeat(40)}`
const previousSecret = `wsec_${'b'.repeat(40)}`
const timestamp = new Date('2025-10-10T14:30:00.999Z')
const input = { body, eventId: 'evt_1', timestamp, secret }

describe('the headers of a request', () => {
  test('sign the body by the whole secret in hex, and id, seconds and body in base64', () => {
    const standard = createHmac('sha256', secret).update(`evt_1.1760106600.${body}`)
    expect(signatureHeaders(input)).toEqual({
      'X-Webhook-Signature': createHmac('sha256', secret).update(body).digest('hex'),
      'webhook-id': 'evt_1',
      'webhook-timestamp': '1760106600',
      'webhook-signature': `v1,${standard.digest('base64')}`,
    })
  })

  test('match a signature computed elsewhere', () => {
    // printf '{}' | openssl dgst -sha256 -hmac wsec_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
    const headers = signatureHeaders({ ...input, body: '{}' })
    expect(headers['X-Webhook-Signature']).toBe(
      'f7c1d73965f46b7944a72d2771d53c8c394b62c0b2ad57e226f7c629d9acf5b7',
    )
  })

  test('name the delivery when there is one', () => {
    expect(signatureHeaders(input)).not.toHaveProperty('X-Webhook-Delivery')
    const headers = signatureHeaders({ ...input, deliveryId: 'dlv_1' })
    expect(headers['X-Webhook-Delivery']).toBe('dlv_1')
  })

  test('keep the hex signature single and of 64 digits during an overlap', () => {
    const headers = signatureHeaders({ ...input, previousSecret })
    expect(headers['X-Webhook-Signature']).toMatch(/^[0-9a-f]{64}$/)
    expect(headers['X-Webhook-Signature-Previous']).toMatch(/^[0-9a-f]{64}$/)
    expect(headers['X-Webhook-Signature']).toBe(signatureHeaders(input)['X-Webhook-Signature'])
  })

  test('carry both standard signatures during an overlap, the current one first', () => {
    const both = signatureHeaders({ ...input, previousSecret })['webhook-signature']
    const current = signatureHeaders(input)['webhook-signature']
    const previous = signatureHeaders({ ...input, secret: previousSecret })['webhook-signature']
    expect(both).toBe(`${current} ${previous}`)
  })

  test('say nothing of a previous secret when there is none', () => {
    expect(signatureHeaders({ ...input, previousSecret: null })).toEqual(signatureHeaders(input))
  })
})

describe('a receiver during an overlap', () => {
  const headers = signatureHeaders({ ...input, timestamp: new Date(), previousSecret })

  test.each([
    ['the current', secret],
    ['the previous', previousSecret],
  ])('verifies with %s secret by standardwebhooks', (_, key) => {
    expect(new Webhook(key, { format: 'raw' }).verify(body, headers)).toEqual(JSON.parse(body))
  })

  test('is refused by standardwebhooks with any other secret', () => {
    const stranger = new Webhook(generateSecret(randomBytes), { format: 'raw' })
    expect(() => stranger.verify(body, headers)).toThrow('No matching signature')
  })

  test.each([
    ['X-Webhook-Signature', secret],
    ['X-Webhook-Signature-Previous', previousSecret],
  ])("verifies %s by the guide's Node sample", (name, key) => {
    const signature = headers[name] ?? ''
    expect(nodeSampleVerifies({ body, signature, secret: key })).toBe(true)
    expect(nodeSampleVerifies({ body: '{}', signature, secret: key })).toBe(false)
  })

  test.runIf(pythonIsPresent())("verifies by the guide's Python sample", async () => {
    const signature = headers['X-Webhook-Signature'] ?? ''
    const requests = [body, '{}'].map((body) => ({ body, signature, secret }))
    expect(await pythonSampleVerifies(requests)).toEqual([true, false])
  })
})

describe('a new secret', () => {
  test('is wsec_ and 40 letters and digits, and never the same twice', () => {
    const secrets = Array.from({ length: 1000 }, () => generateSecret(randomBytes))
    for (const one of secrets) expect(one).toMatch(/^wsec_[A-Za-z0-9]{40}$/)
    expect(new Set(secrets).size).toBe(1000)
  })

  test('takes each of the 62 characters for equally many bytes', () => {
    const everyByte = Uint8Array.from({ length: 256 }, (_, byte) => byte)
    const counts = new Map<string, number>()
    for (let offset = 0; offset < 248; offset += 8) {
      let served = offset
      const source = (size: number) =>
        Uint8Array.from({ length: size }, () => everyByte[served++ % 256]!)
      for (const character of generateSecret(source).slice(5, 13)) {
        counts.set(character, (counts.get(character) ?? 0) + 1)
      }
    }
    expect(counts.size).toBe(62)
    expect(new Set(counts.values())).toEqual(new Set([4]))
  })

  test('is made of no byte that would favour some characters', () => {
    const sources = [new Uint8Array(40).fill(255), new Uint8Array(40).fill(248), new Uint8Array(40)]
    expect(generateSecret(() => sources.shift()!)).toBe(`wsec_${'A'.repeat(40)}`)
  })
})

describe('a masked secret', () => {
  test('shows 6 characters and is as long as the secret', () => {
    expect(maskSecret(secret)).toBe(`wsec_a${'•'.repeat(39)}`)
    expect(maskSecret(secret)).toHaveLength(secret.length)
  })
})
