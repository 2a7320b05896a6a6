import type { z } from 'zod'
import { findUnsendable, type Issue } from '../json.ts'
import { type EventName, findEvent } from './index.ts'

/** Issues reported of one event. A hostile list could have millions. */
export const MAX_EVENT_ISSUES = 1_000

/**
 * Validates the `data` of an event, a result of JSON.parse. Does not change it: the value itself is stored and delivered,
 * not the result of the schema, from which zod removes unknown fields.
 * @returns the issues, whose paths begin with "data"; empty when the data is valid
 */
export function checkEventData(name: EventName, data: unknown): Issue[] {
  const unsendable = findUnsendable(data)
  if (unsendable) return [{ ...unsendable, path: ['data', ...unsendable.path] }]

  const result = findEvent(name).schema.safeParse(data, { error: describe })
  if (result.success) return []
  return result.error.issues
    .flatMap((issue) => toIssues(issue, ['data']))
    .slice(0, MAX_EVENT_ISSUES)
}

/** Describes a fault in a union by its closest member: the one whose outer type matches. */
function toIssues(issue: z.core.$ZodIssue, parent: PropertyKey[]): Issue[] {
  const path = [...parent, ...issue.path]
  if (issue.code === 'invalid_union') {
    const closest = issue.errors.find((member) => member.every(({ path }) => path.length > 0))
    if (closest) return closest.flatMap((inner) => toIssues(inner, path))
  }
  return [{ path: path.map(String), message: issue.message }]
}

const TYPE_NAMES: Record<string, string> = {
  string: 'a string',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  nonoptional: 'any JSON value',
}

function describe(issue: z.core.$ZodRawIssue): string {
  if (issue.input === undefined) return 'Required.'
  const expected = expectation(issue)
  if (issue.code === 'invalid_value') return `Expected ${expected}.`
  return `Expected ${expected}, got ${kind(issue.input)}.`
}

function expectation(issue: z.core.$ZodRawIssue): string {
  if (issue.code === 'invalid_type') return TYPE_NAMES[issue.expected] ?? issue.expected
  if (issue.code === 'invalid_union') return 'a string or a list'
  if (issue.code !== 'invalid_value') return 'another value'
  return `one of ${issue.values.map((value) => JSON.stringify(value)).join(', ')}`
}

/** Names the type of a value. The value itself may be long or private. */
function kind(input: unknown): string {
  if (input === null) return 'null'
  if (Array.isArray(input)) return 'a list'
  return TYPE_NAMES[typeof input] ?? typeof input
}
