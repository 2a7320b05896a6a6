import { atMost, type Benchmark, medianOf, p99Of } from './benchmark.ts'
import { delaysOf } from './delays.ts'
import { EVENT_NAMES, exampleInputs } from './inputs.ts'
import type { Publisher } from './parts/publisher.ts'
import type { Receiver } from './parts/receiver.ts'
import { addCustomer, addDestinations } from './seed.ts'
import { openStage } from './stage.ts'

const PER_SECOND = 50

export const latency: Benchmark = {
  name: 'latency',
  measures:
    '50 events a second at fixed times, each for one of 16 destinations: from the answer to eventPublish to the request at the receiver',
  async run(run) {
    await using stage = await openStage(run)
    const receiver = stage.part<Receiver>('receiver')
    const publisher = stage.part<Publisher>('publisher')
    const urls = await receiver.open(EVENT_NAMES.length)
    const customer = await addCustomer(stage)
    await addDestinations(stage, customer, { urls, events: (index) => EVENT_NAMES[index]! })
    const { url } = await stage.service('api')
    await stage.service('worker')
    const api = { url: url!, apiKeys: [customer.apiKey] }
    const publish = async (seconds: number) => {
      await receiver.note(0)
      const load = { inputs: exampleInputs(), perSecond: PER_SECOND, count: PER_SECOND * seconds }
      return delaysOf(receiver, await publisher.atRate(api, load))
    }
    await publish(run.size(5, 2))
    const { answered, scheduled } = await publish(run.size(40, 5))
    return [
      medianOf(answered, { name: 'p50', unit: 'ms', target: atMost(15) }),
      p99Of(answered, { name: 'p99', target: atMost(50) }),
      medianOf(scheduled, { name: 'p50 from the call', unit: 'ms' }),
      p99Of(scheduled, { name: 'p99 from the call' }),
    ]
  },
}
