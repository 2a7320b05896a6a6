import { print } from 'graphql'
import { atMost, type Benchmark, type Figure, p99Of } from './benchmark.ts'
import { delaysOf } from './delays.ts'
import { todoInput, todoInputs } from './inputs.ts'
import { PublishBenchEvents } from './operations.ts'
import type { Publisher } from './parts/publisher.ts'
import type { Receiver } from './parts/receiver.ts'
import type { Tenant } from './parts/tenant.ts'
import { addCustomer, addDestinations, type Customer } from './seed.ts'
import { openStage, type Stage } from './stage.ts'
import { percentile } from './statistics.ts'

/** Publications and queries of the customer whose delays are measured. */
const PER_SECOND = 20

/** Milliseconds that the receivers of the slow organization take, just below the limit of an attempt. */
const SLOW = 4_800

const READ_EVENTS = { query: '{ events(first: 25) { nodes { id data } } }' }

/** What another organization does meanwhile. */
interface Hostile {
  name: string
  operation: { query: string; variables?: object }
  lanes: { count: number; everyMs: number }
  destinations: number
  inactive?: boolean
}

const publishMany = (count: number) => ({
  query: print(PublishBenchEvents),
  variables: { inputs: todoInputs(count) },
})

const HOSTILE: readonly Hostile[] = [
  {
    name: '1,000 slow receivers',
    operation: publishMany(1),
    lanes: { count: 1, everyMs: 1_000 },
    destinations: 1_000,
  },
  {
    name: 'calls of 40,000 deliveries',
    operation: publishMany(20),
    lanes: { count: 20, everyMs: 0 },
    destinations: 2_000,
    inactive: true,
  },
  {
    name: 'searches',
    operation: {
      query: 'query ($search: String) { destinations(filter: { search: $search }) { totalCount } }',
      variables: { search: 'x'.repeat(2_048) },
    },
    lanes: { count: 64, everyMs: 0 },
    destinations: 2_000,
    inactive: true,
  },
]

export const tenants: Benchmark = {
  name: 'tenants',
  measures:
    'the delays of one organization, 20 events and 20 queries a second, while another one overloads the service',
  async run(run) {
    const figures: Figure[] = []
    for (const hostile of HOSTILE) {
      await using stage = await openStage(run)
      const { url } = await stage.service('api')
      await stage.service('worker')
      const measure = await openCustomer(stage, url!)
      await measure(run.size(3, 1))
      const quiet = await measure(run.size(15, 3))
      const tenant = await overload(stage, url!, hostile)
      const busy = await measure(run.size(30, 3))
      await tenant.stop()
      figures.push(
        beside(hostile, 'call to arrival', quiet.arrivals, busy.arrivals),
        beside(hostile, 'query', quiet.queries, busy.queries),
      )
    }
    return figures
  },
}

/** The p99 while the other organization overloads the service. Its target is twice that of before, and 100 ms more. */
function beside(
  { name }: Hostile,
  what: string,
  quiet: readonly number[],
  busy: readonly number[],
): Figure {
  const target = atMost(Math.round(2 * percentile(quiet, 0.99) + 100))
  return p99Of(busy, { name: `${name}: ${what}`, target })
}

/** @returns a function that publishes and reads for some seconds */
async function openCustomer(stage: Stage, url: string) {
  const receiver = stage.part<Receiver>('receiver')
  const publisher = stage.part<Publisher>('publisher')
  const reader = stage.part<Tenant>('tenant')
  const customer = await addCustomer(stage)
  await addDestinations(stage, customer, { urls: await receiver.open(1) })
  const load = (seconds: number) => ({ perSecond: PER_SECOND, count: PER_SECOND * seconds })
  return async (seconds: number) => {
    await receiver.note(0)
    const [publications, queries] = await Promise.all([
      publisher.atRate(
        { url, apiKeys: [customer.apiKey] },
        { inputs: [todoInput()], ...load(seconds) },
      ),
      reader.atRate({ url, apiKey: customer.apiKey }, READ_EVENTS, load(seconds)),
    ])
    const { scheduled } = await delaysOf(receiver, publications)
    return { arrivals: scheduled, queries }
  }
}

async function overload(stage: Stage, apiUrl: string, hostile: Hostile) {
  const slow = stage.part<Receiver>('receiver')
  const tenant = stage.part<Tenant>('tenant')
  const customer: Customer = await addCustomer(stage)
  const [url] = await slow.open(1, SLOW)
  const urls = Array.from({ length: hostile.destinations }, () => url!)
  await addDestinations(stage, customer, { urls })
  if (hostile.inactive) {
    await stage.sql(`update destination set status = 'INACTIVE' where organization_id = $1`, [
      customer.organizationId,
    ])
  }
  await tenant.start({ url: apiUrl, apiKey: customer.apiKey }, hostile.operation, hostile.lanes)
  return { stop: () => tenant.stop() }
}
