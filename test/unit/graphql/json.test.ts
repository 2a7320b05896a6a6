import { parseValue } from 'graphql'
import { describe, expect, test } from 'vitest'
// Registers all types in the order of schema.graphql, whichever test file of the process runs first.
import '../../../src/graphql/schema.ts'
import { jsonOfLiteral } from '../../../src/graphql/scalars/json.ts'

const read = (literal: string, variables?: Record<string, unknown>) =>
  jsonOfLiteral(parseValue(literal), variables)

describe('a JSON literal', () => {
  test.each([
    '{"a":[1,-2.5,1e21,"x",true,false,null,{}],"b":{"c":[]}}',
    '"text"',
    '12345678901234567000',
    '[[[[]]]]',
    'null',
  ])('%s means what JSON.parse makes of it', (json) => {
    const literal = json.replace(/"(\w+)":/g, '$1:')
    expect(JSON.stringify(read(literal))).toBe(JSON.stringify(JSON.parse(json)))
  })

  test('has Infinity for a number that no double has', () => {
    const value = read('{ a: [50755254975729665, -1e-400, 1.0] }')
    expect(value).toEqual({ a: [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 1] })
  })

  test('keeps __proto__ as a key like any other', () => {
    const value = read('{ __proto__: { constructor: 1 } }') as object
    expect(JSON.stringify(value)).toBe('{"__proto__":{"constructor":1}}')
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
  })

  test('takes variables, and one without a value as nothing', () => {
    const value = read('{ a: $x, b: $y, c: [$x, $y], d: $z }', { x: { k: [1] }, z: null })
    expect(value).toEqual({ a: { k: [1] }, c: [{ k: [1] }, null], d: null })
  })

  test('refuses an enum value, which JSON does not have', () => {
    expect(() => read('{ a: HELLO }')).toThrow('"HELLO" is not valid JSON')
  })
})
