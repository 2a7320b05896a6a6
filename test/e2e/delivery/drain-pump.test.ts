import fc from 'fast-check'
import type { PgBoss } from 'pg-boss'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { systemClock } from '../../../src/concurrency/clock.ts'
import type { Queue, QueueAdapter } from '../../../src/delivery/queue.ts'
import { type DrainHandler, startDrainPump } from '../../../src/delivery/turns/pump.ts'
import { startWakeWorker } from '../../../src/delivery/wake.ts'
import type { DatabaseAdapter } from '../../../src/storage/database.ts'
import { SILENT } from '../../helpers/silent-log.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

const how = fc.constantFrom('works', 'fails', 'throws', 'late', 'broken job')
const drainEnd = fc.constantFrom('done', 'more', 'fails', 'late')

const after = (milliseconds: number) =>
  new Promise<void>((resolve) => setTimeout(resolve, milliseconds))

/** A queue with one job for each fetch that works, and a pump over it. */
async function createPump(fetches: string[], drains: string[], drain?: DrainHandler) {
  let number = 0
  const drained: string[] = []
  const boss = {
    fetch() {
      const next = fetches.shift() ?? 'works'
      if (next === 'throws') throw new Error('the pool is closed')
      return fetched(next)
    },
    touch: async () => (drain ? { settled: [] } : {}),
    deleteJob: async () => {},
  }
  async function fetched(next: string) {
    if (next === 'late') await after(4_000)
    if (next === 'fails') throw new Error('the database is away')
    number += 1
    const data = next === 'broken job' ? null : { destinationId: `whk_${number}` }
    return [{ id: `job_${number}`, data }]
  }
  const pump = await startDrainPump(
    {
      boss: boss as unknown as PgBoss,
      queue: { wake: async () => {} } as unknown as Queue,
      db: {
        isTransient: () => true,
        transaction: async (work: (tx: object) => unknown) => work({}),
      } as unknown as DatabaseAdapter,
      listener: { listen: async () => async () => {} },
      retryTransient: (_what, work) => work(),
      clock: systemClock,
      log: SILENT,
    },
    drain ??
      (async ({ destinationId }) => {
        const next = drains.shift() ?? 'done'
        if (next === 'late') await after(3_000)
        if (next === 'fails') throw new Error('the drain fails')
        drained.push(destinationId)
        return next === 'more' ? 'more' : 'done'
      }),
  )
  return { pump, drained, newest: () => `whk_${number}` }
}

test('the pump continues to fetch after every kind of fetch and drain, becomes alive again, and stops', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(how, { maxLength: 12 }),
      fc.array(drainEnd, { maxLength: 12 }),
      async (fetches, drains) => {
        const { pump, drained, newest } = await createPump(fetches, drains)
        await vi.advanceTimersByTimeAsync(60_000)
        await vi.advanceTimersByTimeAsync(20_000)
        expect(pump.alive()).toBe(true)
        expect(drained).toContain(newest())
        const stopping = pump.stop()
        await vi.advanceTimersByTimeAsync(10_000)
        await stopping
        expect(pump.alive()).toBe(false)
        expect(pump.active()).toBe(0)
      },
    ),
    { numRuns: 50 },
  )
})

test('a drain is aborted when it cannot confirm its job because another worker has it', async () => {
  const lost: boolean[] = []
  const { pump } = await createPump([], [], async ({ confirmJob, signal }) => {
    await confirmJob()
    lost.push(signal.aborted)
    return 'done'
  })
  await vi.advanceTimersByTimeAsync(1)
  expect(lost).toContain(true)
  expect(lost).not.toContain(false)
  await pump.stop()
})

test('the wake worker throws errors whose message can be changed, because pg-boss changes it', async () => {
  let handle: (jobs: object[]) => Promise<void> = async () => {}
  const boss = {
    async work(_queue: string, _options: object, handler: typeof handle) {
      handle = handler
      return 'worker'
    },
    offWork: async () => {},
  }
  const fault = Object.freeze(new Error('frozen'))
  const worker = await startWakeWorker({
    adapter: { boss, queue: {}, onWakeLater: () => {} } as unknown as QueueAdapter,
    db: { transaction: () => Promise.reject(fault) } as unknown as DatabaseAdapter,
    clock: systemClock,
  })
  const thrown = await handle([{ data: { destinationId: 'whk_1' } }]).catch((error) => error)
  thrown.message = `${thrown.message} (Queue: wake)`
  expect(thrown).toMatchObject({
    message: 'could not wake destinations (Queue: wake)',
    cause: fault,
  })
  await worker.stop()
})
