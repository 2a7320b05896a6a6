import { badUserInput } from './request-error.ts'

/** Each value once: a statement has only so many parameters, and a list in a request may repeat itself without end. */
export const oneOf = <Value>(values: readonly Value[]) => ({ in: [...new Set(values)] })

/**
 * PostgreSQL keeps no NUL in a text and refuses to compare with one.
 * @throws GraphQLError BAD_USER_INPUT
 */
export function withoutNul(name: string, text: string): string {
  if (text.includes('\u0000')) throw badUserInput(`${name} must not contain the character NUL.`)
  return text
}
