import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createGraphqlClient } from '../../src/cli/graphql-client.ts'
import { activeDestination } from '../helpers/operations.ts'
import { atMost, type Benchmark, medianOf } from './benchmark.ts'
import { todoInputs } from './inputs.ts'
import { startPart } from './part.ts'
import type { Publisher } from './parts/publisher.ts'
import type { Receiver } from './parts/receiver.ts'
import { inspected, residentBytes } from './process-memory.ts'
import type { Run } from './run.ts'
import { npmStart, startService } from './service.ts'
import { slope } from './statistics.ts'

const DESTINATIONS = 50
const MB = 1_000_000

export const start: Benchmark = {
  name: 'start',
  measures:
    'npm start until it is ready, over an empty folder and again; memory of the service at rest and during 200,000 deliveries',
  async run(run) {
    const first: number[] = []
    const second: number[] = []
    const rest: number[] = []
    for (let round = 1; round <= run.size(3, 1); round += 1) {
      await using stack = run.stack()
      const dataDir = await temporaryFolder(stack)
      const one = await npmStart({ DATA_DIR: dataDir })
      stack.defer(() => one.close())
      first.push(one.startedIn / 1_000)
      await one.close()
      const two = await npmStart({ DATA_DIR: dataDir })
      stack.defer(() => two.close())
      second.push(two.startedIn / 1_000)
      await pause(run.size(5_000, 1_000))
      rest.push((await residentBytes(two.pid)) / MB)
    }
    const { inUse, resident, growth } = await deliverMany(run)
    const name = 'memory growth, each 100,000 deliveries'
    return [
      medianOf(first, { name: 'first start', unit: 's', target: atMost(5) }),
      medianOf(second, { name: 'second start', unit: 's', target: atMost(2.5) }),
      medianOf(rest, { name: 'memory at rest', unit: 'MB', target: atMost(200) }),
      { name, value: growth, unit: 'MB', target: atMost(1), samples: inUse },
      { name: 'memory after all', value: resident.at(-1)!, unit: 'MB', samples: resident },
    ]
  },
}

async function temporaryFolder(stack: AsyncDisposableStack): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bigmind-bench-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/**
 * The whole service in one process, ten times as many deliveries as a drain.
 * @returns memory in MB after each tenth, and by how much what is in use grows from the third on
 */
async function deliverMany(run: Run) {
  await using stack = run.stack()
  const DATA_DIR = await temporaryFolder(stack)
  const look = await inspected(stack)
  const service = await startService('all', { env: { DATA_DIR }, nodeOptions: look.nodeOptions })
  stack.defer(() => service.close())
  const [receiver, publisher] = [startPart<Receiver>('receiver'), startPart<Publisher>('publisher')]
  for (const part of [receiver, publisher]) stack.defer(() => part.close())
  const apiKey = (await readFile(join(DATA_DIR, 'api-key'), 'utf8')).trim()
  const client = createGraphqlClient({ url: service.url!, apiKey })
  stack.defer(() => client.close())
  for (const url of await receiver.call.open(DESTINATIONS)) await activeDestination(client, { url })

  const events = run.size(400, 20)
  const inUse: number[] = []
  const resident: number[] = []
  for (let tenth = 1; tenth <= 10; tenth += 1) {
    await receiver.call.count(0, DESTINATIONS)
    await publisher.call.many({ url: service.url!, apiKeys: [apiKey] }, todoInputs(events))
    await receiver.call.received(events * DESTINATIONS)
    await pause(run.size(3_000, 300))
    inUse.push((await look.bytesInUse()) / MB)
    resident.push((await residentBytes(service.pid)) / MB)
  }
  const deliveries = (tenth: number) => ((tenth + 1) * events * DESTINATIONS) / 100_000
  const points = inUse.map((y, tenth) => ({ x: deliveries(tenth), y }))
  return { inUse, resident, growth: slope(points.slice(2)) }
}
