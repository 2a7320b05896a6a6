import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createCursorSeal } from '../../../src/feed/cursor-seal.ts'

const ring = (...ids: string[]) => ids.map((id) => ({ id, key: randomBytes(32) }))

const place = fc.string({ minLength: 1, unit: 'binary', maxLength: 60 })

test('a cursor opens for its owner alone, is the same each time, and fits into a URL and a header', () => {
  const seal = createCursorSeal(ring('one'))
  fc.assert(
    fc.property(place, (text) => {
      const cursor = seal.seal(text, 'org_a')
      expect(cursor).toMatch(/^[\w.-]+$/)
      expect(encodeURIComponent(cursor)).toBe(cursor)
      expect(seal.seal(text, 'org_a')).toBe(cursor)
      expect(seal.open(cursor, 'org_a')).toBe(text)
      expect(seal.open(cursor, 'org_b')).toBeNull()
    }),
  )
})

test('a cursor that was changed, shortened or made up does not open', () => {
  const seal = createCursorSeal(ring('one'))
  const cursor = seal.seal('123 att_01h2xcejqtf2nbrexx3vqjhp41', 'org_a')
  const changed = fc
    .tuple(fc.nat(cursor.length - 2), fc.constantFrom(...'Ab0-_.\0'))
    .map(([at, character]) => cursor.slice(0, at) + character + cursor.slice(at + 1))
    .filter((text) => text !== cursor)
  const shortened = fc.nat(cursor.length - 2).map((length) => cursor.slice(0, length))
  const madeUp = fc.base64String({ maxLength: 120 }).map((text) => `c1.${text}`)
  fc.assert(
    fc.property(fc.oneof(changed, shortened, madeUp, fc.string()), (text) => {
      expect(seal.open(text, 'org_a')).toBeNull()
    }),
    { numRuns: 500 },
  )
})

test('every key of the ring opens, and the first one seals', () => {
  const [old, young] = ring('old', 'young')
  const before = createCursorSeal([old!])
  const between = createCursorSeal([young!, old!])
  const after = createCursorSeal([young!])
  const cursor = before.seal('1 att', 'org_a')
  expect(between.open(cursor, 'org_a')).toBe('1 att')
  expect(after.open(cursor, 'org_a')).toBeNull()
  expect(after.open(between.seal('1 att', 'org_a'), 'org_a')).toBe('1 att')
})
