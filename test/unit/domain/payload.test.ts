import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { Webhook } from 'standardwebhooks'
import { describe, expect, test } from 'vitest'
import { checkEventData } from '../../../src/domain/events/check.ts'
import { canonicalJson, payload, relationsJson } from '../../../src/domain/payload.ts'
import { generateSecret, signatureHeaders } from '../../../src/domain/signature.ts'
import { type GeneratedInput, generatedInput } from '../../helpers/generated-data.ts'
import {
  nodeSampleVerifies,
  pythonIsPresent,
  pythonSampleVerifies,
} from '../../helpers/guide-samples/guide-receiver.ts'

const happened = new Date('2025-10-10T14:30:00.000Z')

function bodyOf({ event, dataText, ids }: GeneratedInput): string {
  const data = canonicalJson(JSON.parse(dataText))
  const relations = relationsJson({ associated_contact_ids: ids })
  return payload({ event, data, relations, webhookId: 'whk_def456', timestamp: happened })
}

describe('the body', () => {
  test('has its keys in the documented order and a timestamp with milliseconds', () => {
    const body = payload({
      event: 'summary_created',
      data: '{"b":1,"a":2}',
      relations: relationsJson({ associated_deal_ids: ['deal_101'] }),
      webhookId: 'whk_def456',
      timestamp: happened,
    })
    expect(body).toBe(
      '{"event":"summary_created","data":{"b":1,"a":2},"relations":{"associated_account_ids":[],' +
        '"associated_contact_ids":[],"associated_deal_ids":["deal_101"],"associated_lead_ids":[]},' +
        '"webhook_id":"whk_def456","timestamp":"2025-10-10T14:30:00.000Z"}',
    )
  })

  test('carries all four lists in their order, however the caller wrote them', () => {
    const relations = relationsJson({
      associated_lead_ids: ['lead_1'],
      associated_account_ids: ['acc_1'],
    })
    expect(relations).toBe(
      '{"associated_account_ids":["acc_1"],"associated_contact_ids":[],' +
        '"associated_deal_ids":[],"associated_lead_ids":["lead_1"]}',
    )
  })

  test.each([
    ['integer-like keys first', '{"b":1,"10":2,"2":3}', '{"2":3,"10":2,"b":1}'],
    ['1.0 as 1', '1.0', '1'],
    ['1e21 as 1e+21', '1e21', '1e+21'],
    ['-0 as 0', '-0', '0'],
    ['U+2028 as itself', '"\\u2028"', '"\u2028"'],
    ['an emoji as itself', '"\\ud83d\\ude80"', '"🚀"'],
    ['a lone surrogate escaped', '"\\uD800"', '"\\ud800"'],
    ['an own __proto__ field', '{"__proto__":{"a":1}}', '{"__proto__":{"a":1}}'],
  ])('writes %s', (_, sent, written) => {
    expect(canonicalJson(JSON.parse(sent))).toBe(written)
  })

  test('cannot contain values that JSON does not have', () => {
    expect(() => canonicalJson(undefined)).toThrow(TypeError)
    expect(() => canonicalJson(1n)).toThrow(TypeError)
  })
})

describe('10,000 generated bodies', () => {
  const inputs = fc.sample(generatedInput, 10_000)
  const bodies = inputs.map(bodyOf)
  const secret = generateSecret(randomBytes)
  const timestamp = new Date()
  const signed = bodies.map((body) => {
    const headers = signatureHeaders({ body, eventId: 'evt_1', timestamp, secret })
    return { body, signature: headers['X-Webhook-Signature'] ?? '', secret, headers }
  })

  test('are valid events with every field that was sent', () => {
    const refused = inputs.find(
      ({ event, dataText }) => checkEventData(event, JSON.parse(dataText)).length > 0,
    )
    expect(refused).toBeUndefined()
    const changed = inputs.find(({ dataText }, index) => {
      const received = JSON.parse(bodies[index]!).data
      return JSON.stringify(received) !== JSON.stringify(JSON.parse(dataText))
    })
    expect(changed).toBeUndefined()
  })

  test('include every difficult value', () => {
    const all = bodies.join('\n')
    for (const awkward of ['"__proto__":', '"10":', '1e+21', '\u2028', '👩‍🚀', '\\ud800']) {
      expect(all).toContain(awkward)
    }
    expect(bodies.some((body) => Buffer.byteLength(body) > 200_000)).toBe(true)
  })

  test('read the same after JSON.parse and JSON.stringify, and after a trip as UTF-8', () => {
    expect(bodies.find((body) => JSON.stringify(JSON.parse(body)) !== body)).toBeUndefined()
    expect(bodies.find((body) => Buffer.from(body).toString() !== body)).toBeUndefined()
  })

  test("are verified by the guide's Node sample", () => {
    expect(signed.find((request) => !nodeSampleVerifies(request))).toBeUndefined()
  })

  test.runIf(pythonIsPresent())("are verified by the guide's Python sample", async () => {
    const answers = await pythonSampleVerifies(signed)
    expect(answers).toHaveLength(bodies.length)
    expect(signed[answers.indexOf(false)]).toBeUndefined()
  })

  test('are verified by standardwebhooks', () => {
    const webhook = new Webhook(secret, { format: 'raw' })
    for (const { body, headers } of signed) webhook.verify(body, headers, { jsonParse: false })
  })
})
