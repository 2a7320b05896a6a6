// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it looks for
const CONTROL_CHARACTER = /[\u0000-\u001f\u007f]/

/**
 * Whether a text can be stored and comes back as it was: without control characters, of which PostgreSQL
 * cannot hold NUL, and without halves of characters (lone surrogates), which no UTF-8 can say.
 */
export function isPlainText(text: string): boolean {
  return text.isWellFormed() && !CONTROL_CHARACTER.test(text)
}
