/** A fault of an input. `path` names the value from the root of the input: ["data", "speakers", "0", "name"]. */
export interface Issue {
  path: string[]
  /** A sentence that states what was expected. */
  message: string
}

/** The deepest nesting of objects and lists. Events need far less. */
export const MAX_NESTING_LEVELS = 100

const EXACT_NUMBER =
  'a number that a 64-bit double holds exactly. Send one with more digits, such as a long id, as a string'

/**
 * Finds the first part of a parsed value that cannot be delivered unchanged: nesting deeper than `MAX_NESTING_LEVELS` levels, or
 * Infinity, as which the API parses a number that a double cannot hold, such as 1e999 or 50755254975729665.
 * @returns null when there is none
 */
export function findUnsendable(value: unknown, levels: number = MAX_NESTING_LEVELS): Issue | null {
  if (typeof value === 'number') return Number.isFinite(value) ? null : fault(EXACT_NUMBER)
  if (typeof value === 'bigint') return fault('a JSON value')
  if (typeof value !== 'object' || value === null) return null
  // The limit bounds the recursion.
  if (levels === 0) return fault(`at most ${MAX_NESTING_LEVELS} levels of nesting`)
  return Array.isArray(value) ? searchList(value, levels) : searchObject(value, levels)
}

function searchList(list: unknown[], levels: number): Issue | null {
  for (let index = 0; index < list.length; index++) {
    const found = findUnsendable(list[index], levels - 1)
    if (found) return within(String(index), found)
  }
  return null
}

function searchObject(object: object, levels: number): Issue | null {
  for (const [key, child] of Object.entries(object)) {
    const found = findUnsendable(child, levels - 1)
    if (found) return within(key, found)
  }
  return null
}

function fault(expected: string): Issue {
  return { path: [], message: `Expected ${expected}.` }
}

function within(key: string, issue: Issue): Issue {
  return { path: [key, ...issue.path], message: issue.message }
}
