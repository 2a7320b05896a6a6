import { setTimeout as pause } from 'node:timers/promises'
import { atLeast, atMost, type Benchmark, medianOf, p99Of } from './benchmark.ts'
import { todoInput, todoInputs } from './inputs.ts'
import type { Remote } from './part.ts'
import type { Publisher } from './parts/publisher.ts'
import type { Run } from './run.ts'
import { addCustomer, addDestinations } from './seed.ts'
import { openStage } from './stage.ts'

const CONNECTIONS = 32
const BATCH = 1_000

/** An address without a server. Without a worker nothing is sent to it. */
const NOWHERE = 'http://127.0.0.1:9/'

export const publish: Benchmark = {
  name: 'publish',
  measures:
    'eventPublish over HTTP on 32 connections and eventPublishMany of 1,000, each for one destination; one event for 10,000 destinations. The API alone, without a worker',
  async run(run) {
    await using stage = await openStage(run)
    const publisher = stage.part<Publisher>('publisher')
    const [one, many] = [await addCustomer(stage), await addCustomer(stage)]
    await addDestinations(stage, one, { urls: [NOWHERE] })
    const destinations = run.size(10_000, 1_000)
    await addDestinations(stage, many, { urls: Array(destinations).fill(NOWHERE) })
    // Not the others: statistics that say "empty" would make plans that only suit empty tables.
    await stage.sql('vacuum analyze destination, signing_secret')
    const { url } = await stage.service('api')
    const api = { url: url!, apiKeys: [one.apiKey] }

    const singly = await publishSingly(run, publisher, api)
    const batches = await publishBatches(run, publisher, api)
    const wide = await repeat(2, run.size(10, 3), async () => {
      // A worker would have taken the jobs by now: each publication is to make all of them.
      await stage.sql('delete from pgboss.job')
      await pause(200)
      return publisher.many({ url: url!, apiKeys: [many.apiKey] }, todoInputs(1))
    })
    const name = `one event for ${destinations.toLocaleString('en')} destinations`
    return [
      medianOf(singly.rates, { name: 'eventPublish', unit: '/s', target: atLeast(1_200) }),
      p99Of(singly.milliseconds, { name: 'eventPublish p99' }),
      medianOf(batches, {
        name: 'events by eventPublishMany',
        unit: '/s',
        target: atLeast(12_000),
      }),
      medianOf(wide, { name, unit: 'ms', target: atMost(500) }),
    ]
  },
}

type Api = Parameters<Publisher['many']>[0]

async function publishSingly(run: Run, publisher: Remote<Publisher>, api: Api) {
  const load = { input: todoInput(), connections: CONNECTIONS }
  await publisher.flatOut(api, { ...load, count: run.size(5_000, 500) })
  const results = await repeat(0, run.size(5, 2), () =>
    publisher.flatOut(api, { ...load, count: run.size(5_000, 250) }),
  )
  return {
    rates: results.map(({ perSecond }) => perSecond),
    milliseconds: results.flatMap(({ milliseconds }) => milliseconds),
  }
}

/** @returns events a second in each batch */
async function publishBatches(run: Run, publisher: Remote<Publisher>, api: Api) {
  const inputs = todoInputs(BATCH)
  const taken = await repeat(3, run.size(20, 3), () => publisher.many(api, inputs))
  return taken.map((milliseconds) => (BATCH / milliseconds) * 1_000)
}

/** Calls `work` `warmUp` times, then `times` times. Returns the results of the latter calls. */
async function repeat<Value>(
  warmUp: number,
  times: number,
  work: () => Promise<Value>,
): Promise<Value[]> {
  const results: Value[] = []
  for (let time = 0; time < warmUp + times; time += 1) results.push(await work())
  return results.slice(warmUp)
}
