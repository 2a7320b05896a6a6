import { setTimeout as pause } from 'node:timers/promises'
import { createGraphqlClient } from '../../src/cli/graphql-client.ts'
import { atLeast, type Benchmark, medianOf } from './benchmark.ts'
import { DESTINATIONS, type DrainStage, openDrainStage } from './drain-stage.ts'
import { ActivateBenchDestination } from './operations.ts'

const DEAF = 5

export const hanging: Benchmark = {
  name: 'hanging',
  measures: 'the same with 5 of the 50 destinations never answering: deliveries to the other 45',
  async run(run) {
    await using stage = await openDrainStage(run)
    const events = run.size(20_000, 1_000) / DESTINATIONS
    const rounds = run.size(3, 1)
    const healthy: number[] = []
    const all: number[] = []
    for (let round = 1; round <= rounds; round += 1) {
      all.push(await stage.drain(events))
      healthy.push(await stage.drain(events, { deaf: DEAF }))
      await reactivate(stage, stage.destinationIds.slice(0, DEAF))
    }
    const ratios = healthy.map((rate, round) => rate / all[round]!)
    return [
      medianOf(ratios, { name: 'healthy ones, of drain', unit: '×', target: atLeast(0.85) }),
      medianOf(healthy, { name: 'deliveries to healthy ones', unit: '/s' }),
      medianOf(all, { name: 'deliveries when none hangs', unit: '/s' }),
    ]
  },
}

/** Destinations that hang are disabled after 15 failed attempts, and what waited for them is canceled. */
async function reactivate(
  { stage, apiUrl, customer }: DrainStage,
  ids: readonly string[],
): Promise<void> {
  for (;;) {
    const left = await stage.sql(
      `select from destination where id = any($1) and status = 'ACTIVE' limit 1`,
      [ids],
    )
    if (left.length === 0) break
    await pause(100)
  }
  // The last answers that were waited for.
  await pause(1_000)
  const client = createGraphqlClient({ url: apiUrl, apiKey: customer.apiKey })
  for (const id of ids) await client.request(ActivateBenchDestination, { id })
  await client.close()
}
