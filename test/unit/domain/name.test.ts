import { describe, expect, test } from 'vitest'
import { NAME_LENGTH, parseName } from '../../../src/domain/name.ts'

describe('a name', () => {
  test.each([
    ['blanks around it, without them', '  Our CRM ', 'Our CRM'],
    ['letters of any script, as it is', 'مستودع البيانات 数据', 'مستودع البيانات 数据'],
    [
      'joiners between letters that join, as it is',
      'می\u200cخواهم क्\u200dष',
      'می\u200cخواهم क्\u200dष',
    ],
    ['emoji with joiners, as it is', '👩🏽\u200d💻 ❤️\u200d🔥', '👩🏽\u200d💻 ❤️\u200d🔥'],
    ['variants of characters, as it is', '葛\u{e0100}城 ❤️', '葛\u{e0100}城 ❤️'],
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
    ['a mark of direction', 'name\u200e'],
    ['a control character of C1', 'Acme\u009b2J'],
    ['the next line of C1', 'Acme\u0085Ltd'],
    ['a soft hyphen', 'Ac\u00adme'],
    ['a byte order mark inside', 'Ac\ufeffme'],
    ['a word joiner', 'Ac\u2060me'],
    ['tag characters', 'Acme\u{e0041}'],
    ['a line separator', 'Acme\u2028Ltd'],
    ['a filler without a glyph', '\u3164'],
    ['a joiner between Latin letters', 'Ac\u200dme'],
    ['a joiner after a Latin letter with an accent', 'e\u0301\u200cx'],
    ['a joiner at its beginning', '\u200cAcme'],
  ])('is refused with %s', (_, text) => {
    expect(parseName(text)).toBeNull()
  })
})
