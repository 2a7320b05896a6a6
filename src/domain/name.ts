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

/**
 * Characters that a terminal executes or that a reader does not see: control characters (Cc, with C1), format characters
 * (Cf), separators of lines and paragraphs, and others without a glyph. Variation selectors and joiners are left out, because
 * emoji and several scripts are written with them.
 */
export const INVISIBLE_CHARACTER =
  /[[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]--[\p{Variation_Selector}\u200c\u200d]]/v

/**
 * A joiner (ZWNJ, ZWJ) that changes nothing visible: one that follows neither an emoji nor a letter or mark of a script that
 * joins letters, such as Arabic or Devanagari. Two names could differ by it alone.
 */
const IDLE_JOINER =
  /(?<![[\p{L}\p{M}\p{Variation_Selector}\p{Extended_Pictographic}\p{Emoji_Modifier}]--[\p{scx=Latin}\p{scx=Greek}\p{scx=Cyrillic}\p{scx=Hebrew}\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Hangul}]])[\u200c\u200d]/v

/**
 * Removes the white space around a name.
 * @returns null when the name is empty, too long, or has an invisible character, an idle joiner or a lone surrogate
 */
export function parseName(text: string): string | null {
  const name = text.trim()
  const fits = name.length >= 1 && name.length <= NAME_LENGTH && name.isWellFormed()
  return fits && !INVISIBLE_CHARACTER.test(name) && !IDLE_JOINER.test(name) ? name : null
}

/** The message for a text that is not a valid name. */
export const NAME_EXPECTED = `Expected 1 to ${NAME_LENGTH} characters. Control characters, invisible characters, characters that turn the direction of text, and half characters are not allowed.`
