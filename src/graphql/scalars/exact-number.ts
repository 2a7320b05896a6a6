const JSON_NUMBER = /^-?(0|[1-9]\d*)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/

/**
 * Matches each number that a double may not hold: 16 or more digits, or an exponent of three or more. A double holds
 * every other number.
 */
const LONG_NUMBER = /-?\d(?:[\d.]{15}|[\d.]*[eE][+-]?\d{3})[\d.eE+-]*/g

/** Matches the same where a number can begin in JSON, which rules out most matches within strings. */
const LONG_NUMBER_OF_JSON = new RegExp(`[[,:\\s](${LONG_NUMBER.source})`, 'g')

/** JSON.parse reads this as Infinity, which GraphQL's Int and Float and `findUnsendable` refuse. */
const REFUSED_NUMBER = '1e999'

/**
 * Parses a number as JSON.parse does, or returns Infinity if the double has another decimal value than the text, as for
 * 50755254975729665. The notation can differ: 1.0 is 1, 1e2 is 100 and -0 is 0.
 *
 * @param source a number in the notation of JSON and GraphQL
 */
export function exactNumber(source: string): number {
  return isExact(source) ? Number(source) : Number.POSITIVE_INFINITY
}

/**
 * Replaces each number of a JSON text that JSON.parse would change with one that it parses as Infinity, so that
 * validation refuses it with its path. Returns the text itself if there is none. Takes linear time.
 */
export function refuseInexactNumbers(json: string): string {
  for (const [, source = ''] of json.matchAll(LONG_NUMBER_OF_JSON)) {
    if (!isExact(source)) return replaceOutsideStrings(json)
  }
  return json
}

function replaceOutsideStrings(json: string): string {
  let replaced = ''
  let at = 0
  while (at < json.length) {
    const quote = json.indexOf('"', at)
    const stringStart = quote === -1 ? json.length : quote
    const stringEnd = endOfString(json, stringStart)
    replaced += json.slice(at, stringStart).replace(LONG_NUMBER, (source) => {
      return isExact(source) ? source : REFUSED_NUMBER
    })
    replaced += json.slice(stringStart, stringEnd)
    at = stringEnd
  }
  return replaced
}

/** Returns the index after the closing quote, or the length of the text if there is none. */
function endOfString(json: string, start: number): number {
  let quote = json.indexOf('"', start + 1)
  while (quote !== -1) {
    let firstBackslash = quote
    while (json[firstBackslash - 1] === '\\') firstBackslash -= 1
    if ((quote - firstBackslash) % 2 === 0) return quote + 1
    quote = json.indexOf('"', quote + 1)
  }
  return json.length
}

/** Whether the nearest double has the same decimal value. True for a text that is not a JSON number. */
function isExact(source: string): boolean {
  const written = decimalOf(source)
  if (!written) return true
  const value = Number(source)
  if (!Number.isFinite(value)) return false
  const shortest = String(value)
  if (shortest === source) return true
  const read = decimalOf(shortest)
  return written.digits === read?.digits && written.exponent === read.exponent
}

/** The absolute value of a number: 0.`digits` times ten to the power of `exponent`. Zero has no digits. */
interface Decimal {
  digits: string
  exponent: number
}

function decimalOf(source: string): Decimal | null {
  const match = JSON_NUMBER.exec(source)
  if (!match) return null
  const [, whole = '', fraction = '', exponent = '0'] = match
  const digits = whole + fraction
  // Regular expressions would take quadratic time for many runs of zeros.
  let start = 0
  while (digits[start] === '0') start += 1
  if (start === digits.length) return { digits: '', exponent: 0 }
  let end = digits.length
  while (digits[end - 1] === '0') end -= 1
  return {
    digits: digits.slice(start, end),
    exponent: Number(exponent) + whole.length - start,
  }
}
