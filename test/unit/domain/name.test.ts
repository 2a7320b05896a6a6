import { describe, expect, test } from 'vitest'
import { NAME_LENGTH, parseName } from '../../../src/domain/name.ts'

describe('a name', () => {
  test.each([
    ['blanks around it, without them', '  Our CRM ', 'Our CRM'],
    ['letters of any script, as it is', 'مستودع البيانات 数据', 'مستودع البيانات 数据'],
    [
      'as many characters as it may have, as it is',
      'x'.repeat(NAME_LENGTH),
      'x'.repeat(NAME_LENGTH),
    ],
  ])('with %s', (_, text, name) => {
    expect(parseName(text)).toBe(name)
  })

  test.each([
    ['nothing but blanks', '   '],
    ['a character too many', 'x'.repeat(NAME_LENGTH + 1)],
    ['a control character', 'a\u0000b'],
    ['half a character', 'a\ud800'],
    ['text that reads backwards', 'evil\u202elive'],
    ['a direction set apart', '\u2067name\u2069'],
  ])('is refused with %s', (_, text) => {
    expect(parseName(text)).toBeNull()
  })
})
