import { type ASTNode, Kind } from 'graphql'
import { builder } from '../builder.ts'
import { badUserInput } from '../request-error.ts'

const RFC_3339 =
  /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d+)?(Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/i

const SECOND_MS = 1_000

/** The length of "2025-10-10T14:30:00.000Z". Years before 0 and after 9999 are written longer. */
const ISO_LENGTH = 24

/**
 * Parses an RFC 3339 time with any offset. Digits beyond milliseconds are ignored. A leap second, which RFC 3339 allows
 * as 23:59:60 UTC at the end of a month, is read as the first second of the next month, as in POSIX time.
 *
 * @throws GraphQLError BAD_USER_INPUT, also for a day that its month does not have
 */
export function parseDateTime(value: unknown, node?: ASTNode): Date {
  const parts = typeof value === 'string' ? RFC_3339.exec(value.toUpperCase()) : null
  if (!parts) throw refusal(node)
  const [, year = '', month = '', day = '', hour = '', minute = '', second, fraction = '', offset] =
    parts
  const isLeapSecond = second === '60'
  const lastDay = new Date(Date.UTC(2000 + (Number(year) % 400), Number(month), 0)).getUTCDate()
  const parsed = new Date(
    `${year}-${month}-${day}T${hour}:${minute}:${isLeapSecond ? '59' : second}${fraction}${offset}`,
  )
  const date = isLeapSecond ? new Date(parsed.getTime() + SECOND_MS) : parsed
  const exists =
    !Number.isNaN(date.getTime()) &&
    Number(day) <= lastDay &&
    Number(hour) < 24 &&
    (!isLeapSecond || isFirstSecondOfMonth(date))
  if (!exists || date.toISOString().length !== ISO_LENGTH || date.getUTCFullYear() < 1) {
    throw refusal(node)
  }
  return date
}

const isFirstSecondOfMonth = (date: Date) => /-01T00:00:00/.test(date.toISOString())

const refusal = (node?: ASTNode) =>
  badUserInput(
    'Expected a date and time in RFC 3339 format with an offset, as in "2025-10-10T14:30:00Z".',
    node,
  )

builder.scalarType('DateTime', {
  description:
    'A point in time in RFC 3339 format. Responses contain UTC with milliseconds, as in "2025-10-10T14:30:00.000Z". Inputs must have an offset, such as "Z" or "+02:00"; digits beyond milliseconds are ignored. A leap second (23:59:60 UTC at the end of a month) is read as the first second of the next month, as in POSIX time.',
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc3339',
  serialize: (date) => date.toISOString(),
  parseValue: (value) => parseDateTime(value),
  parseLiteral: (node) => parseDateTime(node.kind === Kind.STRING ? node.value : null, node),
})
