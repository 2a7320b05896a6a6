import { setTimeout as pause } from 'node:timers/promises'
import { sharedNow } from './clock.ts'
import { todoInputs } from './inputs.ts'
import type { Remote } from './part.ts'
import type { BareLoad, BareLoop } from './parts/bare-loop.ts'
import type { Publisher } from './parts/publisher.ts'
import type { Receiver } from './parts/receiver.ts'
import type { Run } from './run.ts'
import { addCustomer, addDestinations, type Customer } from './seed.ts'
import { openStage, type Stage } from './stage.ts'

/** Destinations of every drain. */
export const DESTINATIONS = 50

/** Concurrent requests to one destination, of the service and of the bare loop. */
const CONCURRENCY = 16

/** A service with one worker, 50 destinations and a receiver, warmed up. */
export interface DrainStage extends AsyncDisposable {
  stage: Stage
  customer: Customer
  apiUrl: string
  destinationIds: string[]
  receiver: Remote<Receiver>
  publisher: Remote<Publisher>
  /**
   * Publishes events that all destinations want in one call, so that everything is due in the same moment.
   * @param deaf how many of the destinations never answer; these are not counted
   * @returns deliveries a second, from the first request to the last result that is recorded
   */
  drain(events: number, options?: { deaf?: number }): Promise<number>
  /** Sends as many requests without the service. @returns requests a second */
  bare(events: number, client: keyof BareLoop): Promise<number>
}

export async function openDrainStage(
  run: Run,
  { settings = {}, workers = 1 }: { settings?: Record<string, string>; workers?: number } = {},
): Promise<DrainStage> {
  const stage = await openStage(run, settings)
  const receiver = stage.part<Receiver>('receiver')
  const publisher = stage.part<Publisher>('publisher')
  const bareLoop = stage.part<BareLoop>('bare-loop')
  const urls = await receiver.open(DESTINATIONS)
  const customer = await addCustomer(stage)
  const destinationIds = await addDestinations(stage, customer, { urls })
  const { url } = await stage.service('api')
  for (let worker = 0; worker < workers; worker += 1) await stage.service('worker')
  const api = { url: url!, apiKeys: [customer.apiKey] }

  async function drain(events: number, { deaf = 0 } = {}): Promise<number> {
    const healthy = destinationIds.slice(deaf)
    await receiver.behave([...urls.keys()].slice(0, deaf), 'NEVER')
    await receiver.count(deaf, DESTINATIONS)
    const deliveries = events * healthy.length
    const [{ first }] = await Promise.all([
      receiver.received(deliveries),
      publisher.many(api, todoInputs(events)),
    ])
    const recorded = await untilNonePending(stage, healthy)
    await receiver.behave([...urls.keys()], 'AT_ONCE')
    return (deliveries / (recorded - first)) * 1_000
  }

  async function bare(events: number, client: keyof BareLoop): Promise<number> {
    const { headers, body } = (await receiver.sample())!
    const load: BareLoad = { urls, concurrency: CONCURRENCY, count: events, headers, body }
    return ((events * urls.length) / (await bareLoop[client](load))) * 1_000
  }

  // What a process does for the first time is slow: connections, code that is not compiled yet, plans.
  for (const events of [2, 20, 40]) await drain(events)
  for (const client of ['ky', 'undici'] as const) await bare(40, client)
  return {
    stage,
    customer,
    apiUrl: url!,
    destinationIds,
    receiver,
    publisher,
    drain,
    bare,
    [Symbol.asyncDispose]: () => stage[Symbol.asyncDispose](),
  }
}

/** @returns when nothing waited any more for these destinations, at most 10 ms later */
export async function untilNonePending({ sql }: Stage, destinationIds: readonly string[]) {
  for (;;) {
    const pending = await sql(
      `select from delivery where status = 'PENDING' and destination_id = any($1) limit 1`,
      [destinationIds],
    )
    if (pending.length === 0) return sharedNow()
    await pause(10)
  }
}
