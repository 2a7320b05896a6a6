import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { systemClock } from '../../../src/concurrency/clock.ts'
import { createFeedTail, type FeedEntry } from '../../../src/feed/feed-tail.ts'
import type { Database } from '../../../src/storage/database.ts'
import { SILENT } from '../../helpers/silent-log.ts'

beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] }))
afterEach(() => vi.useRealTimers())

/** A response of the database: its delay in milliseconds, and whether it fails. */
interface Answer {
  afterMs: number
  fails: boolean
}

/** A log whose rows are numbered from 1, one transaction each. Its answers are those of `answers`, then immediate ones. */
async function createLog(answers: Answer[], settle = 0) {
  let rows = 0
  const looks: number[] = []
  let ring = () => {}
  async function answer<Result>(result: Result): Promise<Result> {
    const { afterMs, fails } = answers.shift() ?? { afterMs: 0, fails: false }
    if (afterMs > 0) await new Promise<void>((resolve) => setTimeout(resolve, afterMs))
    if (fails) throw new Error('the database does not answer')
    return result
  }
  const query = () => answer([{ transaction: String(rows + 1) }])
  const tail = await createFeedTail<number>(
    {
      db: { query } as unknown as Database,
      listener: {
        async listen(_channel, onNotify) {
          ring = () => onNotify('')
          return async () => {}
        },
      },
      clock: systemClock,
      log: SILENT,
    },
    {
      channel: 'row_written',
      settleMs: settle,
      async read(after, limit) {
        const first = Number(after.transaction) + (after.id === '' ? 0 : 1)
        const numbers = Array.from({ length: Math.max(0, rows + 1 - first) }, (_, n) => first + n)
        const entries = numbers.slice(0, limit).map((row) => ({
          position: { transaction: String(row), id: 'row' },
          row,
        }))
        if (entries.length > 0) looks.push(entries.length)
        return answer({ entries, held: false })
      },
    },
  )
  return {
    tail,
    rows: () => rows,
    /** The number of rows of each read that found rows. */
    looks,
    write() {
      rows += 1
      ring()
    },
  }
}

type Log = Awaited<ReturnType<typeof createLog>>

function follow({ tail }: Log) {
  const follower = {
    rows: [] as number[],
    /** The first row that it must get. Null while that is not known, or when following failed. */
    first: null as number | null,
    left: false,
    hear: ({ row }: FeedEntry<number>) => void follower.rows.push(row),
    leave() {
      follower.left = true
      tail.unfollow(follower.hear)
    },
  }
  tail.follow(follower.hear).then(
    ({ transaction, id }) => {
      follower.first = Number(transaction) + (id === '' ? 0 : 1)
    },
    () => {},
  )
  return follower
}

type Follower = ReturnType<typeof follow>

/** Every row from the follower's first one to the last one that was written. */
const promised = (log: Log, { first }: Follower) =>
  first === null ? [] : Array.from({ length: log.rows() + 1 - first }, (_, n) => first + n)

const duration = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 30 }))
const answer = fc.record({ afterMs: duration, fails: fc.boolean() })
const action = fc.oneof(
  fc.constant({ do: 'open' as const }),
  fc.record({ do: fc.constant('leave' as const), index: fc.nat(20) }),
  fc.constant({ do: 'write' as const }),
  fc.record({ do: fc.constant('pass' as const), milliseconds: duration }),
  fc.constant({ do: 'turn' as const }),
)

type Step = typeof action extends fc.Arbitrary<infer Value> ? Value : never

async function perform(log: Log, followers: Follower[], step: Step) {
  if (step.do === 'open') followers.push(follow(log))
  if (step.do === 'leave') followers[step.index % Math.max(1, followers.length)]?.leave()
  if (step.do === 'write') log.write()
  if (step.do === 'pass') await vi.advanceTimersByTimeAsync(step.milliseconds)
  if (step.do === 'turn') await setImmediate()
}

test('every follower gets every row once, in any order in which others join, leave and fail', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(action, { maxLength: 40 }),
      fc.array(answer, { maxLength: 30 }),
      async (steps, answers) => {
        const remaining = [...answers]
        const log = await createLog(remaining)
        const followers: Follower[] = []
        for (const step of steps) await perform(log, followers, step)
        remaining.length = 0
        await vi.advanceTimersByTimeAsync(2_000)
        const last = follow(log)
        await vi.advanceTimersByTimeAsync(2_000)
        log.write()
        await vi.advanceTimersByTimeAsync(2_000)

        expect(last.rows).toEqual([log.rows()])
        expect(log.tail.alive()).toBe(true)
        for (const follower of followers) {
          const rows = promised(log, follower)
          if (follower.left) expect(rows.slice(0, follower.rows.length)).toEqual(follower.rows)
          else if (follower.first !== null) expect(follower.rows).toEqual(rows)
        }
        await Promise.all([log.tail.close(), vi.advanceTimersByTimeAsync(0)])
      },
    ),
    { numRuns: 300 },
  )
})

test('it is not alive while reads fail for 5 seconds with a follower, and alive again when one succeeds', async () => {
  const log = await createLog([
    { afterMs: 0, fails: false },
    ...Array.from({ length: 24 }, () => ({ afterMs: 0, fails: true })),
  ])
  follow(log)
  await vi.advanceTimersByTimeAsync(5_500)
  expect(log.tail.alive()).toBe(false)
  await vi.advanceTimersByTimeAsync(1_000)
  expect(log.tail.alive()).toBe(true)
  await log.tail.close()
})

test('a feed that waits for further rows closes while its clock does not move', async () => {
  const log = await createLog([], 20)
  await setImmediate()
  log.write()
  await setImmediate()
  await log.tail.close()
})

test('rows that are written within the settle time after a notification are read together', async () => {
  const log = await createLog([], 20)
  const follower = follow(log)
  await vi.advanceTimersByTimeAsync(100)
  for (let row = 1; row <= 10; row += 1) {
    log.write()
    await vi.advanceTimersByTimeAsync(1)
  }
  await vi.advanceTimersByTimeAsync(20)
  expect(log.looks).toEqual([10])
  expect(follower.rows).toHaveLength(10)
  await Promise.all([log.tail.close(), vi.advanceTimersByTimeAsync(2_000)])
})

test('while a transaction that stays open holds rows back, they are read a few times a second', async () => {
  let ring = () => {}
  let reads = 0
  let held = true
  const row = { position: { transaction: '2', id: 'row' }, row: 2 }
  const tail = await createFeedTail<number>(
    {
      db: { query: async () => [{ transaction: '1' }] } as unknown as Database,
      listener: {
        async listen(_channel, onNotify) {
          ring = () => onNotify('')
          return async () => {}
        },
      },
      clock: systemClock,
      log: SILENT,
    },
    {
      channel: 'row_written',
      settleMs: 0,
      async read() {
        reads += 1
        return { entries: held ? [] : [row], held }
      },
    },
  )
  const heard: number[] = []
  await tail.follow((entry) => void heard.push(entry.row))
  const readsOf = async (seconds: number) => {
    reads = 0
    for (let tenths = 0; tenths < 10 * seconds; tenths += 1) {
      ring()
      await vi.advanceTimersByTimeAsync(100)
    }
    return reads
  }
  expect(await readsOf(10)).toBeLessThan(150)
  expect(await readsOf(60)).toBeLessThan(300)
  expect(tail.alive()).toBe(true)
  held = false
  await vi.advanceTimersByTimeAsync(250)
  expect(heard).not.toEqual([])
  await tail.close()
})
