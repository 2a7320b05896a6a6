import { globSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { ADVISORY_LOCKS } from '../../../src/storage/advisory-locks.ts'
import { CHANNELS } from '../../../src/storage/channels.ts'
import { defineRowSet } from '../../../src/storage/row-set.ts'

/** The source files that can contain SQL. */
const sources = new Map(
  globSync('src/**/*.ts')
    .filter((file) => !/generated|^src\/console/.test(file))
    .map((file) => [file, readFileSync(file, 'utf8')]),
)

const matches = (pattern: RegExp) =>
  [...sources].flatMap(([file, text]) =>
    [...text.matchAll(pattern)].map((match) => ({ file, found: match[1] ?? match[0] })),
  )

const filesWith = (pattern: RegExp) => [...new Set(matches(pattern).map(({ file }) => file))]

test('each table has one insert statement', () => {
  const tables = matches(/\binsert into "?(\w+)/gi).map(({ found }) => found)
  const repeated = tables.filter((table, index) => tables.indexOf(table) !== index)
  expect(repeated).toEqual([])
  expect(tables).toEqual(
    expect.arrayContaining([
      'api_key',
      'audit_entry',
      'deleted_attempt',
      'delivery',
      'delivery_attempt',
      'destination',
      'destination_deletion',
      'event',
      'organization',
      'signing_secret',
    ]),
  )
  expect(matches(/prisma\.\w+\.(?:create|upsert|update|delete)\w*\(/g)).toEqual([])
})

test('rows become parameters in row sets alone', () => {
  expect(filesWith(/unnest\(\s*\$\d[^)]*,/g)).toEqual([])
  expect(filesWith(/unnest\(\$\{/g)).toEqual(['src/storage/row-set.ts'])
})

test('channels are named and advisory locks are numbered in one place, each differently', () => {
  const names = Object.values(CHANNELS)
  const locks = Object.values(ADVISORY_LOCKS)
  expect(new Set(locks).size).toBe(locks.length)
  expect(filesWith(new RegExp(`'(${names.join('|')})'`, 'g'))).toEqual(['src/storage/channels.ts'])
  expect(filesWith(/\b4_?018_?0\d\d\b/g)).toEqual(['src/storage/advisory-locks.ts'])
})

/** See `src/concurrency/clock.ts`. */
describe('of the clocks', () => {
  test('that of pg-boss is used in the queue alone', () => {
    expect(filesWith(/\bpgboss\.|\bbossSchema\}\.|\bjob_now\(/g)).toEqual(['src/delivery/queue.ts'])
  })

  test('that of the database is read through service_now alone', () => {
    const statements =
      /(?<![\w.])(?:now\(\)|current_timestamp|clock_timestamp|statement_timestamp)/gi
    // The record of migrations is written before the function exists, the ages of sessions are by PostgreSQL's own clock,
    // and the clock itself has a method of that name.
    expect(filesWith(statements).sort()).toEqual([
      'src/concurrency/clock.ts',
      'src/storage/migrations/lock-waits.ts',
      'src/storage/migrations/migrations.ts',
    ])
  })

  test('that of the process is read in the clock, and for the name of a new migration', () => {
    const readers = filesWith(/\bDate\.now\(|\bnew Date\(\)/g)
    expect(readers.sort()).toEqual(['src/cli/migration.ts', 'src/concurrency/clock.ts'])
  })
})

test('a row set numbers its parameters and lists its values by column', () => {
  const rows = defineRowSet<{ id: string; size: number }>(
    'item',
    { id: ['text', ({ id }) => id], doubled: ['int', ({ size }) => size * 2] },
    3,
  )
  expect(rows.sql).toBe('unnest($3::text[], $4::int[]) as item (id, doubled)')
  const values = rows.values([
    { id: 'a', size: 1 },
    { id: 'b', size: 2 },
  ])
  expect(values).toEqual([
    ['a', 'b'],
    [2, 4],
  ])
})
