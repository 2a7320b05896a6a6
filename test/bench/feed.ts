import { setTimeout as pause } from 'node:timers/promises'
import { atMost, type Benchmark, type Figure, medianOf, p99Of } from './benchmark.ts'
import { todoInput } from './inputs.ts'
import type { Publisher } from './parts/publisher.ts'
import type { Receiver } from './parts/receiver.ts'
import type { Subscriber, Subscribers } from './parts/subscribers.ts'
import { type Inspected, inspected, residentBytes } from './process-memory.ts'
import { addCustomer, addDestinations } from './seed.ts'
import type { ServiceProcess } from './service.ts'
import { openStage, type Stage } from './stage.ts'

const CUSTOMERS = 10
/** Destinations of each customer, all of which want every event. */
const DESTINATIONS = 10
/** Events a second, each attempted at 10 destinations. */
const PER_SECOND = 50

export const feed: Benchmark = {
  name: 'feed',
  measures:
    '1,000 WebSocket subscribers to 100 destinations of 10 customers, 500 attempts a second: from the commit of an attempt to a subscriber',
  async run(run) {
    await using stack = run.stack()
    // Records the commit time of each attempt in the database.
    const stage = stack.use(await openStage(run, { track_commit_timestamp: 'on' }))
    const receiver = stage.part<Receiver>('receiver')
    const publisher = stage.part<Publisher>('publisher')
    const subscribers = stage.part<Subscribers>('subscribers')
    const { apiKeys, watched } = await prepare(stage, receiver)
    const look = await inspected(stack)
    const service = await stage.service('api', { nodeOptions: look.nodeOptions })
    await stage.service('worker')
    const publish = (seconds: number) =>
      publisher.atRate(
        { url: service.url!, apiKeys },
        { inputs: [todoInput()], perSecond: PER_SECOND, count: PER_SECOND * seconds },
      )
    // Once around, so that what remains of it is not counted as the subscribers'.
    await subscribers.open(service.url!, everyDestination(watched, run.size(2, 1)))
    await publish(run.size(5, 2))
    await subscribers.closeAll()
    const before = await memoryOf(service, look)
    const all = everyDestination(watched, run.size(10, 1))
    await subscribers.open(service.url!, all)
    const after = await memoryOf(service, look)
    await subscribers.take()
    await publish(run.size(30, 3))
    await pause(2_000)
    const delays = await delaysOfAttempts(stage, await subscribers.take())
    const each = (bytes: number) => [bytes / all.length / 1_000]
    const [resident, inUse] = [after.resident - before.resident, after.inUse - before.inUse]
    return [
      p99Of(delays, { name: 'recorded to received, p99', target: atMost(100) }),
      medianOf(delays, { name: 'recorded to received, p50', unit: 'ms' }),
      medianOf([delays.length / run.size(30, 3)], { name: 'messages', unit: '/s' }),
      medianOf(each(resident), { name: 'memory a subscriber', unit: 'kB', target: atMost(20) }),
      medianOf(each(inUse), { name: 'memory in use a subscriber', unit: 'kB' }),
    ].map(thinned)
  },
}

/** After a moment in which what is over can be let go of. */
async function memoryOf({ pid }: ServiceProcess, look: Inspected) {
  await pause(2_000)
  const inUse = await look.bytesInUse()
  return { inUse, resident: await residentBytes(pid) }
}

async function prepare(stage: Stage, receiver: { open(count: number): Promise<string[]> }) {
  const apiKeys: string[] = []
  const watched: Subscriber[] = []
  for (let customer = 0; customer < CUSTOMERS; customer += 1) {
    const one = await addCustomer(stage)
    const urls = await receiver.open(DESTINATIONS)
    const ids = await addDestinations(stage, one, { urls })
    apiKeys.push(one.apiKey)
    watched.push(...ids.map((destinationId) => ({ apiKey: one.apiKey, destinationId })))
  }
  return { apiKeys, watched }
}

const everyDestination = (watched: readonly Subscriber[], times: number): Subscriber[] =>
  Array(times).fill(watched).flat()

/** Milliseconds from the commit of an attempt until a subscriber had it, for each message. */
async function delaysOfAttempts(
  { sql }: Stage,
  { ids, times }: { ids: readonly string[]; times: Float64Array },
): Promise<number[]> {
  const rows = await sql<{ id: string; committed: number }>(
    `select id, (extract(epoch from pg_xact_commit_timestamp(recorded_in::xid)) * 1000)::float8 as committed
    from delivery_attempt where id = any($1)`,
    [[...new Set(ids)]],
  )
  const committed = new Map(rows.map((row) => [row.id, row.committed]))
  return ids.map((id, index) => times[index]! - committed.get(id)!)
}

/** With few enough samples to keep: the hundreds of thousands have done their work. */
const thinned = (figure: Figure): Figure => {
  const step = Math.ceil(figure.samples.length / 5_000)
  return { ...figure, samples: figure.samples.filter((_, index) => index % step === 0) }
}
