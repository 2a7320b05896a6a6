import { badUserInput } from './request-error.ts'

/** The first sentences of every filter's description. */
export const FILTER_RULE =
  'Fields that are null or left out do not restrict the list; all others must match.'

/** Returns the condition that a column has one of these values, each sent once: a statement has a limited number of parameters. */
export const oneOf = <Value>(values: readonly Value[]) => ({ in: [...new Set(values)] })

/**
 * Returns the text, unless it is longer than all texts with which it is compared, or contains a NUL, which PostgreSQL can
 * neither store nor compare.
 * @throws GraphQLError BAD_USER_INPUT
 */
export function comparableText(name: string, text: string, maxLength: number): string {
  if (text.length > maxLength) {
    throw badUserInput(`${name} has ${text.length} characters; at most ${maxLength} are permitted.`)
  }
  if (text.includes('\u0000')) throw badUserInput(`${name} must not contain the character NUL.`)
  return text
}
