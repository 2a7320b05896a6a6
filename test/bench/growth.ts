import { createGraphqlClient } from '../../src/cli/graphql-client.ts'
import { findDueDeliveries } from '../../src/delivery/due.ts'
import { createDatabase } from '../../src/storage/database.ts'
import { createLogger } from '../../src/telemetry/logger.ts'
import { atMost, type Benchmark, type Figure, medianOf } from './benchmark.ts'
import { sharedNow } from './clock.ts'
import { EVENT_NAMES, TODO, todoInput } from './inputs.ts'
import { ListBenchAttempts, PublishBenchEvent, WatchBenchAttempts } from './operations.ts'
import type { Run } from './run.ts'
import { addCustomer, addDeliveries, addDestinations } from './seed.ts'
import { openStage, type Stage } from './stage.ts'
import { median } from './statistics.ts'

/** Attempts that a subscriber has missed. */
const MISSED = 200
/** Deliveries of one look of a drain. */
const DUE = 64

/** The operations that are measured on one of the databases, by name. */
type Operations = Record<string, () => Promise<unknown>>

export const growth: Benchmark = {
  name: 'growth',
  measures:
    'four operations over 10,000 and over 1,000,000 stored attempts, in turn: how many times longer the median takes',
  async run(run) {
    await using stage = await openStage(run)
    const other = { ...stage, ...(await stage.addDatabase('large')) }
    run.say('storing attempts')
    const small = await prepare(run, stage, run.size(10_000, 1_000))
    const large = await prepare(run, other, run.size(1_000_000, 50_000))
    const figures: Figure[] = []
    for (const name of Object.keys(small)) {
      figures.push(...(await compare(name, [small[name]!, large[name]!], run.size(300, 30))))
    }
    return figures
  },
}

async function prepare(run: Run, stage: Stage, count: number): Promise<Operations> {
  const customer = await addCustomer(stage)
  // One of the ten takes what is published, and the attempts are evenly of all.
  const destinationIds = await addDestinations(stage, customer, {
    urls: Array(10).fill('http://127.0.0.1:9/'),
    events: (index) => EVENT_NAMES.filter((name) => name !== TODO || index === 0)[index]!,
  })
  await addDeliveries(stage, customer, { destinationIds, count, state: 'SUCCEEDED' })
  const [published, drained] = destinationIds as [string, string]
  const waiting = { destinationIds: [drained], count: DUE, state: 'WAITING' as const }
  await addDeliveries(stage, customer, waiting)
  const [missed] = await stage.sql<{ id: string }>(
    'select id from delivery_attempt order by recorded_in desc, id desc offset $1 limit 1',
    [MISSED],
  )
  const { url } = await stage.service('api', { databaseUrl: stage.databaseUrl })
  const stack = run.stack()
  const client = createGraphqlClient({ url: url!, apiKey: customer.apiKey })
  stack.defer(() => client.close())
  const db = createDatabase(stage.databaseUrl, { log: createLogger('silent') })
  stack.defer(() => db.close())
  return {
    'attempts(first: 25)': () => client.request(ListBenchAttempts, { id: published }),
    eventPublish: () => client.request(PublishBenchEvent, { input: todoInput() }),
    'due-selection': () =>
      findDueDeliveries({ db }, drained, { limit: DUE, except: [], numbered: false }),
    'feed catch-up': async () => {
      let count = 0
      for await (const _ of client.subscribe(WatchBenchAttempts, { after: missed!.id })) {
        count += 1
        if (count === MISSED) return
      }
    },
  }
}

/** Samples both in turn, so that whatever else the machine does falls on both. */
async function compare(
  name: string,
  [small, large]: readonly [() => Promise<unknown>, () => Promise<unknown>],
  rounds: number,
): Promise<Figure[]> {
  const taken = { small: [] as number[], large: [] as number[] }
  for (let round = -rounds / 5; round < rounds; round += 1) {
    for (const [samples, operation] of [
      [taken.small, small],
      [taken.large, large],
    ] as const) {
      const start = sharedNow()
      await operation()
      if (round >= 0) samples.push(sharedNow() - start)
    }
  }
  const ratios = taken.large.map((milliseconds, index) => milliseconds / taken.small[index]!)
  const value = median(taken.large) / median(taken.small)
  return [
    { name, value, unit: '×', target: atMost(1.2), samples: ratios },
    medianOf(taken.small, { name: `${name}, few stored`, unit: 'ms' }),
    medianOf(taken.large, { name: `${name}, many stored`, unit: 'ms' }),
  ]
}
