import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { loadConfig } from '../../../src/config/config.ts'
import { POOL_SIZE } from '../../../src/storage/database.ts'

/** Connections of a process beside its pool: one that listens, and one for the start or for maintenance. */
const BESIDE_THE_POOL = 2

/** Connections that the formula leaves to others. */
const FOR_OTHERS = 10

test('the table of connections in operations.md follows from the size of the pool', () => {
  const text = readFileSync(new URL('../../../docs/operations.md', import.meta.url), 'utf8')
  const rows = [...text.matchAll(/^\| \**(\d+)\**(?: \((.*?)\))? \| (\d+) \| (\d+) \| (\d+) \|$/gm)]
  const numbers = rows.map(([, pool, , ...rest]) => [Number(pool), ...rest.map(Number)])
  expect(numbers).toEqual(
    [4, 8, 16, 32].map((pool) => {
      const each = pool + BESIDE_THE_POOL
      return [pool, each, ...[100, 500].map((most) => Math.floor((most - FOR_OTHERS) / each))]
    }),
  )
  const named = Object.fromEntries(rows.map(([, pool, name]) => [name, Number(pool)]))
  expect(named['the default']).toBe(POOL_SIZE)
  const least = named['the least']!
  expect(loadConfig({ DATABASE_POOL: String(least) }).poolSize).toBe(least)
  expect(() => loadConfig({ DATABASE_POOL: String(least - 1) })).toThrow('DATABASE_POOL')
})
