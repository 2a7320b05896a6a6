import { setTimeout as pause } from 'node:timers/promises'
import { atLeast, atMost, type Benchmark, medianOf, p99Of } from './benchmark.ts'
import { type Delays, delaysOf } from './delays.ts'
import { DESTINATIONS, type DrainStage, openDrainStage } from './drain-stage.ts'
import { exampleInputs } from './inputs.ts'
import type { Publisher } from './parts/publisher.ts'
import { addDeliveries, addDestinations } from './seed.ts'
import { median } from './statistics.ts'

/** Events for four other destinations, one each. */
const OTHERS = ['notes_created', 'email_sent', 'document_generated', 'signal_action']
const PER_SECOND = 20

/** Milliseconds that the slow receiver takes for an answer: it gets 16 requests a second. */
const SLOW = 1_000

export const backlog: Benchmark = {
  name: 'backlog',
  measures:
    'the same as drain while 500,000 deliveries wait for one slow destination, and 20 events a second go to four others',
  async run(run) {
    await using drains = await openDrainStage(run)
    const events = run.size(20_000, 1_000) / DESTINATIONS
    const rounds = run.size(3, 1)
    const before: number[] = []
    for (let round = 1; round <= rounds; round += 1) before.push(await drains.drain(events))
    run.say('putting the backlog there')
    const trickle = await addOthers(drains)
    await addBacklog(drains, run.size(500_000, 25_000))
    const quiet = await trickle(run.size(30, 5))
    const behind: number[] = []
    const busy = await trickle(run.size(30, 5), async () => {
      behind.push(await drains.drain(events))
    })
    const ratios = behind.map((rate) => rate / median(before))
    return [
      medianOf(ratios, { name: 'deliveries, of drain', unit: '×', target: atLeast(0.7) }),
      medianOf(behind, { name: 'deliveries', unit: '/s' }),
      medianOf(before, { name: 'deliveries without a backlog', unit: '/s' }),
      p99Of(quiet.scheduled, { name: 'p99 to others', target: atMost(100) }),
      p99Of(busy.scheduled, { name: 'p99 to others during drains', target: atMost(100) }),
      p99Of(busy.answered, { name: 'the same, from the answer' }),
    ]
  },
}

/** @returns a function that publishes for the other destinations for some seconds, and calls another function repeatedly meanwhile */
async function addOthers({ stage, receiver, customer, apiUrl }: DrainStage) {
  const urls = await receiver.open(OTHERS.length)
  await addDestinations(stage, customer, { urls, events: (index) => OTHERS[index]! })
  const inputs = exampleInputs().filter(({ event }) => OTHERS.includes(event.toLowerCase()))
  const publisher = stage.part<Publisher>('publisher')
  const api = { url: apiUrl, apiKeys: [customer.apiKey] }
  return async (seconds: number, meanwhile?: () => Promise<void>): Promise<Delays> => {
    await receiver.note(DESTINATIONS)
    let over = false
    const load = { inputs, perSecond: PER_SECOND, count: PER_SECOND * seconds }
    const published = publisher.atRate(api, load).finally(() => {
      over = true
    })
    while (meanwhile && !over) await meanwhile()
    return delaysOf(receiver, await published)
  }
}

/** Waits until it is being delivered, too. */
async function addBacklog({ stage, receiver, customer }: DrainStage, count: number): Promise<void> {
  const urls = await receiver.open(1, SLOW)
  const events = () => 'summary_created'
  const destinationIds = await addDestinations(stage, customer, { urls, events })
  await addDeliveries(stage, customer, { destinationIds, count, state: 'WAITING' })
  for (let sent = false; !sent; ) {
    await pause(200)
    const attempts = await stage.sql(
      'select from delivery_attempt where destination_id = $1 limit 1',
      destinationIds,
    )
    sent = attempts.length > 0
  }
}
