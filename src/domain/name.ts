// biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern matches them
const CONTROL_CHARACTER = /[\u0000-\u001f\u007f]/

/**
 * Whether a text can be stored unchanged: without control characters, because PostgreSQL cannot store NUL, and without lone
 * surrogates, which UTF-8 cannot encode.
 */
export function isPlainText(text: string): boolean {
  return text.isWellFormed() && !CONTROL_CHARACTER.test(text)
}

/** The longest name of a destination, API key or organization, in characters. */
export const NAME_LENGTH = 255

/** Characters that change the direction of text, with which one name can imitate another (UAX 9). */
const DIRECTION_CHARACTER = /[\u202a-\u202e\u2066-\u2069]/

/**
 * Removes the white space around a name.
 * @returns null when the name is empty, too long, not plain text, or changes the direction of text
 */
export function parseName(text: string): string | null {
  const name = text.trim()
  const fits = name.length >= 1 && name.length <= NAME_LENGTH
  return fits && isPlainText(name) && !DIRECTION_CHARACTER.test(name) ? name : null
}

/** The message for a text that is not a valid name. */
export const NAME_EXPECTED = `Expected 1 to ${NAME_LENGTH} characters, none of them a control character, one that turns the direction of text, or half a character.`
