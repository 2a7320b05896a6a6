import { badUserInput } from './request-error.ts'

/** The first sentences of every filter's description. */
export const FILTER_RULE =
  'Fields that are null or left out do not restrict the list; all others must match.'

/** Returns the condition that a column has one of these values, each sent once: a statement has a limited number of parameters. */
export const oneOf = <Value>(values: readonly Value[]) => ({ in: [...new Set(values)] })

/**
 * Returns the text, unless it contains a NUL, which PostgreSQL can neither store nor compare.
 * @throws GraphQLError BAD_USER_INPUT
 */
export function withoutNul(name: string, text: string): string {
  if (text.includes('\u0000')) throw badUserInput(`${name} must not contain the character NUL.`)
  return text
}
