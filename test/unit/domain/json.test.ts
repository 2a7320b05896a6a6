import { expect, test } from 'vitest'
import { findUnsendable, MAX_NESTING_LEVELS } from '../../../src/domain/json.ts'

const nested = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels))

test('nesting is allowed to the limit and not beyond', () => {
  expect(findUnsendable(nested(MAX_NESTING_LEVELS))).toBeNull()
  expect(findUnsendable(nested(MAX_NESTING_LEVELS + 1))).toEqual({
    path: Array(MAX_NESTING_LEVELS).fill('0'),
    message: 'Expected at most 100 levels of nesting.',
  })
})

test('nesting that would overflow the stack of JSON.stringify is found', () => {
  const abyss = nested(500_000)
  expect(() => JSON.stringify(abyss)).toThrow(RangeError)
  expect(findUnsendable({ fine: 1, deep: abyss })?.path.slice(0, 2)).toEqual(['deep', '0'])
})

test('a number too large for JSON.parse is found, not silently sent as null', () => {
  expect(findUnsendable(JSON.parse('{"a":[1,{"b":-1e999}]}'))).toEqual({
    path: ['a', '1', 'b'],
    message:
      'Expected a number that a 64-bit double holds exactly. Send one with more digits, such as a long id, as a string.',
  })
})

test('own __proto__ fields are searched like any other', () => {
  expect(findUnsendable(JSON.parse('{"__proto__":{"a":1e999}}'))?.path).toEqual(['__proto__', 'a'])
})

test('everything else that JSON.parse gives can be sent', () => {
  const value = JSON.parse('{"":null,"a":[true,"x",-0,1e308,{}],"constructor":{"prototype":{}}}')
  expect(findUnsendable(value)).toBeNull()
})
