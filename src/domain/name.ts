// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it looks for
const CONTROL_CHARACTER = /[\u0000-\u001f\u007f]/

/**
 * Whether a text can be stored and comes back as it was: without control characters, of which PostgreSQL
 * cannot hold NUL, and without halves of characters (lone surrogates), which no UTF-8 can say.
 */
export function isPlainText(text: string): boolean {
  return text.isWellFormed() && !CONTROL_CHARACTER.test(text)
}

/** Characters of a name: what people call a destination, a key, an organization. */
export const NAME_LENGTH = 255

/** They turn the direction of what follows, so that a name can be read as another one (UAX 9). */
const DIRECTION_CHARACTER = /[\u202a-\u202e\u2066-\u2069]/

/**
 * @param text as it was given
 * @returns it without blanks around it, or null when it is no name: empty, too long, or not plain text that
 *   reads as it stands
 */
export function parseName(text: string): string | null {
  const name = text.trim()
  const fits = name.length >= 1 && name.length <= NAME_LENGTH
  return fits && isPlainText(name) && !DIRECTION_CHARACTER.test(name) ? name : null
}

/** What is said of a text that is no name. */
export const NAME_EXPECTED = `Expected 1 to ${NAME_LENGTH} characters, none of them a control character, one that turns the direction of text, or half a character.`
