import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalForm, fingerprint, isRepeat } from '../../../src/domain/idempotency.ts'

const event = (data: string, overrides: object = {}) => {
  const published = {
    type: 'todo_created',
    data,
    relations: '{}',
    givenTimestamp: null as Date | null,
    ...overrides,
  }
  return { ...published, fingerprint: fingerprint(published) }
}

test('the fingerprint is that of the events that are stored already', () => {
  const stored = '0d5d487545e4cc167e4197b29df0b166408abe1290a6825c984322d7f8ab77d9'
  const givenTimestamp = new Date('2025-10-10T14:30:00.000Z')
  expect(event('{"b":1,"a":"ü"}', { givenTimestamp }).fingerprint.toString('hex')).toBe(stored)
})

describe('the canonical form', () => {
  // The examples of RFC 8785, sections 3.2.3 and 3.2.4.
  test.each([
    [
      '{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"string":"\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/","literals":[null,true,false]}',
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    ],
    [
      '{"\\u20ac":"Euro Sign","\\r":"Carriage Return","\\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One","\\ud83d\\ude00":"Emoji: Grinning Face","\\u0080":"Control","\\u00f6":"Latin Small Letter O With Diaeresis"}',
      '{"\\r":"Carriage Return","1":"One","\u0080":"Control","ö":"Latin Small Letter O With Diaeresis","€":"Euro Sign","😀":"Emoji: Grinning Face","\ufb33":"Hebrew Letter Dalet With Dagesh"}',
    ],
    [
      '{"b":[{"z":1,"10":2,"9":3}],"__proto__":{"d":1,"c":2}}',
      '{"__proto__":{"c":2,"d":1},"b":[{"10":2,"9":3,"z":1}]}',
    ],
    ['[]', '[]'],
    ['-0', '0'],
  ])('of %s is %s', (json, expected) => {
    expect(canonicalForm(JSON.parse(json))).toBe(expected)
  })
})

describe('an event under a key that is known', () => {
  const first = event('{"b":[1,{"d":"x","c":null}],"a":2}')

  test.each([
    ['with the same data', '{"b":[1,{"d":"x","c":null}],"a":2}'],
    ['with its members in another order', '{"a":2,"b":[1,{"d":"x","c":null}]}'],
    ['with nested members in another order', '{"b":[1,{"c":null,"d":"x"}],"a":2}'],
  ])('%s is a repeat', (_what, data) => {
    expect(isRepeat(first, event(data))).toBe(true)
  })

  test.each([
    ['with items of a list in another order', '{"b":[{"d":"x","c":null},1],"a":2}'],
    ['with other data of the same length', '{"b":[1,{"d":"x","c":null}],"a":3}'],
    ['with names of members exchanged', '{"a":[1,{"d":"x","c":null}],"b":2}'],
    ['with one member more', '{"b":[1,{"d":"x","c":null}],"a":2,"e":1}'],
  ])('%s is another event', (_what, data) => {
    expect(isRepeat(first, event(data))).toBe(false)
  })

  test.each([
    ['of another type', { type: 'todo_updated' }],
    ['with other relations', { relations: '[]' }],
    ['with a timestamp', { givenTimestamp: new Date(0) }],
  ])('%s is another event, also when the members come in another order', (_what, overrides) => {
    for (const data of [first.data, '{"a":2,"b":[1,{"d":"x","c":null}]}']) {
      expect(isRepeat(first, event(data, overrides))).toBe(false)
    }
  })

  test('is a repeat in every order, and compares equal to nothing else', () => {
    const members = fc.uniqueArray(fc.tuple(fc.string(), fc.jsonValue()), {
      selector: ([key]) => key,
      maxLength: 6,
    })
    const shuffled = members.chain((all) =>
      fc.tuple(
        fc.constant(all),
        fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length }),
      ),
    )
    const text = (all: [string, unknown][]) => JSON.stringify(Object.fromEntries(all))
    fc.assert(
      fc.property(shuffled, ([one, other]) => {
        expect(isRepeat(event(text(one)), event(text(other)))).toBe(true)
        expect(isRepeat(event(text(one)), event(text([...other, ['one more', 1]])))).toBe(false)
      }),
    )
  })
})
