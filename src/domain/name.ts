import { isPlainText } from './plain-text.ts'

/** Characters of a name: what people call a destination, a key, an organization. */
export const NAME_LENGTH = 255

/**
 * @param text as it was given
 * @returns it without blanks around it, or null when it is no name: empty, too long, or not plain text
 */
export function parseName(text: string): string | null {
  const name = text.trim()
  return name.length >= 1 && name.length <= NAME_LENGTH && isPlainText(name) ? name : null
}

/** What is said of a text that is no name. */
export const NAME_EXPECTED = `Expected 1 to ${NAME_LENGTH} characters without control characters or half characters.`
