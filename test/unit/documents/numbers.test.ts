import { globSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { MAX_BODY_BYTES } from '../../../src/delivery/http/response-body.ts'
import { API_KEY_LIMIT } from '../../../src/domain/api-key.ts'
import { MAX_ATTEMPTS, retryDelay } from '../../../src/domain/backoff.ts'
import {
  DESTINATION_LIMIT,
  FAILURE_LIMIT,
  MAX_OVERLAP_SECONDS,
} from '../../../src/domain/destination.ts'
import { catalogue } from '../../../src/domain/events/index.ts'
import { MAX_NESTING_LEVELS } from '../../../src/domain/json.ts'
import { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE } from '../../../src/graphql/pagination.ts'
import { MAX_EVENTS_PER_CALL } from '../../../src/publishing/event.ts'
import { MAX_DELIVERIES_PER_CALL } from '../../../src/publishing/plan.ts'
import { DEFAULT_CONNECTION_LIMITS } from '../../../src/server/limits/connection-limit.ts'
import { DOCUMENTS, proseOf, ROOT, read, rowsUnder, tableRows } from './document.ts'

const grouped = (value: number) => value.toLocaleString('en')
const DELAYS = Array.from({ length: MAX_ATTEMPTS - 1 }, (_, index) => retryDelay(index + 1)!)
const listed = new Intl.ListFormat('en-GB').format(DELAYS.map(String))

/** Returns the numbers of the constants in a file or folder of src, milliseconds also as seconds. */
function constantsIn(path: string): Set<number> {
  const files = globSync([`src/${path}`, `src/${path}/**/*.ts`], { cwd: ROOT })
  const sources = files.filter((file) => file.endsWith('.ts')).map(read)
  expect(sources.length, path).toBeGreaterThan(0)
  const numbers = sources
    .flatMap((source) => [...source.matchAll(/(?:[=:,(] ?|\* )(\d[\d_]*)(?![\w.])/g)])
    .map(([, digits = '']) => Number(digits.replaceAll('_', '')))
  return new Set(numbers.flatMap((number) => [number, number / 1_000]))
}

/** Returns the numbers in a text: "1 MB" is 1,000,000. */
const numbersIn = (text: string): number[] =>
  [...text.matchAll(/(\d[\d,]*)(?: (MB|kB|KiB|days))?/g)].map(([, digits = '', unit]) => {
    const factor = { MB: 1_000_000, kB: 1_000, KiB: 1_024, days: 86_400 }[unit ?? ''] ?? 1
    return Number(digits.replaceAll(',', '')) * factor
  })

test('the limits in README.md are those of the code', () => {
  const { caller, organization } = DEFAULT_CONNECTION_LIMITS
  const values: [limit: string, numbers: number[], source?: string][] = [
    ['Request body', [1_000_000], 'server/http'],
    ['Data of an event', [1_000_000, MAX_NESTING_LEVELS], 'publishing'],
    ['Numbers in the data', [64]],
    ['Events in one', [MAX_EVENTS_PER_CALL]],
    ['Deliveries that one call', [MAX_DELIVERIES_PER_CALL]],
    ['Page of a list', [MAX_PAGE_SIZE]],
    ['Destinations of', [DESTINATION_LIMIT]],
    ['Valid API keys', [API_KEY_LIMIT]],
    ['Concurrent requests', [16, 1], 'delivery'],
    ['Overlap of', [MAX_OVERLAP_SECONDS]],
    ['Stored response body', [MAX_BODY_BYTES]],
    ['Operations of a WebSocket', [20], 'server/websocket'],
    ['WebSockets and event streams', [caller, organization]],
  ]
  const rows = rowsUnder('README.md', 'Limits')
  expect(rows).toHaveLength(values.length)
  for (const [index, [limit, numbers, source]] of values.entries()) {
    const [name, value = ''] = rows[index]!
    expect(name).toContain(limit)
    expect(numbersIn(value), limit).toEqual(numbers)
    if (source) expect(constantsIn(source), limit).toContain(numbers[0])
  }
})

/** The folders and files of src whose constants each row of the limits in SECURITY.md states, in the order of the rows. */
const SOURCES: string[][] = [
  ['server/http'],
  ['server/limits'],
  ['server/limits'],
  ['server/limits', 'graphql', 'domain'],
  ['graphql', 'publishing'],
  ['server/limits'],
  ['server'],
  ['server/limits'],
  ['server/websocket'],
  ['server/documents'],
  ['server/websocket'],
  ['server/websocket', 'server/single-connection'],
  ['server/single-connection'],
  ['server/websocket'],
  ['server/limits'],
  ['server/limits'],
  ['server/limits'],
  ['server/limits'],
  ['publishing'],
  ['domain'],
  ['delivery'],
  ['process'],
  ['publishing'],
  ['publishing'],
  ['server/limits'],
  ['storage'],
  ['server'],
  ['storage'],
]

describe('the limits in SECURITY.md', () => {
  const rows = rowsUnder('SECURITY.md', 'Limits')

  test('are all compared', () => {
    expect(rows).toHaveLength(SOURCES.length)
  })

  test.each(
    rows.map(([name = '', value = ''], index) => ({ name, value, sources: SOURCES[index] })),
  )('are constants of the code: $name', ({ value, sources }) => {
    const constants = new Set((sources ?? []).flatMap((source) => [...constantsIn(source)]))
    const numbers = numbersIn(value.replace(/\d\/\d/, ''))
    expect(numbers.length).toBeGreaterThan(0)
    expect(numbers.filter((number) => !constants.has(number))).toEqual([])
  })
})

test('the retries in docs/receive-events.md are those of the retry policy', () => {
  const rows = rowsUnder('docs/receive-events.md', 'When attempts fail')
  expect(rows.map(([attempt, start = '']) => [attempt, /^\d+ s/.exec(start)?.[0] ?? null])).toEqual(
    [['1', null], ...DELAYS.map((seconds, index) => [String(index + 2), `${seconds} s`])],
  )
})

describe('a number in a document is that of its constant', () => {
  /** A number in a sentence of any document, and the value that it must have. */
  const rules: [sentence: RegExp, value: string][] = [
    [/(\d+) attempts/g, String(MAX_ATTEMPTS)],
    [/(\d+) further attempts/g, String(MAX_ATTEMPTS)],
    [/(\d+) failed attempts/g, String(FAILURE_LIMIT)],
    [/start ([\d, and]+) seconds after/g, listed],
    [/last (\d+) delivery attempts/g, String(DEFAULT_PAGE_SIZE)],
    [/catalogue of (\d+) events/g, String(catalogue.length)],
    [/([\d,]+)\s+events, all or none/g, grouped(MAX_EVENTS_PER_CALL)],
    [/for up to (\d+) days/g, String(MAX_OVERLAP_SECONDS / 86_400)],
  ]
  const texts = DOCUMENTS.filter((file) => file !== 'docs/benchmarks.md').map((file) => ({
    file,
    text: proseOf(file).replace(/\s+/g, ' '),
  }))

  test.each(rules)('%s', (sentence, value) => {
    const found = texts.flatMap(({ file, text }) =>
      [...text.matchAll(sentence)].map(([, number]) => ({ file, number: number!.trim() })),
    )
    expect(found.filter(({ number }) => number !== value)).toEqual([])
  })
})

describe('a number in docs/engine.md or docs/operations.md is a constant of the code', () => {
  const rules: [document: string, sentence: RegExp, source: string][] = [
    ['engine', /for its (\d+) slots/, 'delivery'],
    ['engine', /has at most ([\d,]+) turns/, 'delivery'],
    ['engine', /more than (\d+) events or \d+ deliveries/, 'publishing'],
    ['engine', /more than \d+ events or (\d+) deliveries/, 'publishing'],
    ['engine', /notified and every ([\d.]+) s/, 'delivery'],
    ['engine', /up to (\d+) requests at a time/, 'delivery'],
    ['engine', /After (\d+) s a destination with more to do/, 'delivery'],
    ['engine', /starts (\d+) requests in one turn/, 'process'],
    ['engine', /other one has (\d+) ms more/, 'delivery/http'],
    ['engine', /next one after (\d+) ms/, 'delivery/http'],
    ['engine', /reused for up to (\d+) s/, 'delivery/http'],
    ['engine', /no heartbeat for (\d+) s/, 'delivery'],
    ['engine', /Every (\d+) s the sweep/, 'delivery'],
    ['engine', /CANCELED in batches of ([\d,]+)\. The sweep/, 'delivery'],
    ['engine', /reads this within (\d+) ms/, 'delivery'],
    ['engine', /CANCELED in batches of (\d+)\. An attempt/, 'retention'],
    ['engine', /room for (\d+) rows/, 'feed'],
    ['operations', /send a heartbeat every (\d+) seconds/, 'server'],
    ['operations', /after less than (\d+) s/, 'server'],
    ['operations', /drains (\d+) destinations at a time/, 'delivery'],
    ['operations', /A destination gets (\d+) requests at a time/, 'delivery'],
    ['operations', /is detected after (\d+) s/, 'delivery'],
    ['operations', /deletes at most (\d+) rows/, 'retention'],
    ['operations', /callers wait up to (\d+) s/, 'storage'],
    ['operations', /restarts it after ([\d.]+) s/, 'storage'],
    ['operations', /`database` \| it answered within ([\d.]+) s/, 'process'],
    ['operations', /feed_held_seconds` .*?; 0 below (\d+) s/, 'feed'],
    ['operations', /gauge \| due deliveries of ACTIVE destinations; ([\d,]+) means/, 'delivery'],
  ]

  test.each(rules)('docs/%s.md: %s', (document, sentence, source) => {
    const [, number = ''] = sentence.exec(proseOf(`docs/${document}.md`).replace(/\s+/g, ' ')) ?? []
    expect(number, 'the sentence').not.toBe('')
    expect(constantsIn(source)).toContain(Number(number.replaceAll(',', '')))
  })
})

test('the figures in docs/operations.md are those of the last full benchmark run', () => {
  const run = new Map(
    tableRows(read('docs/benchmarks.md'))
      .filter(([benchmark]) => /^`\w+`$/.test(benchmark!))
      .map(([benchmark = '', figure, value]) => [`${benchmark} ${figure}`, value]),
  )
  const rows = rowsUnder('docs/operations.md', 'Plan the size').filter((row) => row.length === 3)
  expect(rows.length).toBeGreaterThan(3)
  for (const [name, value, source = ''] of rows) expect(run.get(source), name).toBe(value)
})
