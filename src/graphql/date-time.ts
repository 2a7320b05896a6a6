import { type ASTNode, Kind } from 'graphql'
import { builder } from './builder.ts'
import { badUserInput } from './request-error.ts'

const RFC_3339 =
  /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/i

/** "2025-10-10T14:30:00.000Z": years before 1 and after 9999 are written in another form. */
const WRITTEN_LENGTH = 24

/**
 * Reads RFC 3339 with any offset; digits beyond milliseconds are cut off.
 * @throws GraphQLError BAD_USER_INPUT, also for a day that its month does not have
 */
export function parseDateTime(value: unknown, node?: ASTNode): Date {
  const parts = typeof value === 'string' ? RFC_3339.exec(value) : null
  if (!parts) throw refusal(node)
  const [year, month, day, hour] = parts.slice(1).map(Number) as [number, number, number, number]
  const date = new Date(parts[0].toUpperCase())
  const dayExists = day <= new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate()
  const valid = dayExists && hour < 24 && !Number.isNaN(date.getTime())
  if (!valid || date.toISOString().length !== WRITTEN_LENGTH || date.getUTCFullYear() < 1) {
    throw refusal(node)
  }
  return date
}

const refusal = (node?: ASTNode) =>
  badUserInput(
    'Expected a date and time of RFC 3339 with its offset, as in "2025-10-10T14:30:00Z".',
    node,
  )

builder.scalarType('DateTime', {
  description:
    'A moment, in RFC 3339. Answered in UTC with milliseconds, as in "2025-10-10T14:30:00.000Z". Taken with any offset ("Z", "+02:00"); one without an offset is refused, since nobody could say when it is. Digits beyond milliseconds are cut off.',
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc3339',
  serialize: (date) => date.toISOString(),
  parseValue: (value) => parseDateTime(value),
  parseLiteral: (node) => parseDateTime(node.kind === Kind.STRING ? node.value : null, node),
})
