import { expect } from 'vitest'
import type { GraphqlClient } from '../../src/cli/graphql-client.ts'
import { graphql } from '../../src/generated/graphql/gql.ts'
import { latestAttempt } from '../helpers/deliveries.ts'
import type { Deployment } from './deployment.ts'
import { publishAll } from './publication.ts'

const Attempts = graphql(`
  subscription FaultAttempts($after: ID) {
    deliveryAttempted(after: $after) { id }
  }
`)

/** A subscriber that stays, and what it has heard. */
export interface WatchedFeed {
  /** Waits until it has heard of as many attempts as are recorded. */
  complete(): Promise<void>
  /** Ids of attempts that it did not hear of, or heard of twice. */
  faults(): Promise<string[]>
}

/** Subscribes to all attempts from now on. There must be a destination, which is sent one event first. */
export async function watchFeed(
  deployment: Deployment,
  { client, destinationIds }: { client: GraphqlClient; destinationIds: readonly string[] },
): Promise<WatchedFeed> {
  await publishAll(1, { ...deployment, destinationIds })
  await Promise.all(destinationIds.map((id) => latestAttempt(deployment.client, id)))
  const seen: string[] = []
  const recorded = () =>
    deployment.sql<{ id: string }>('select id from delivery_attempt order by recorded_in, id')
  const before = (await recorded()).map(({ id }) => id)
  const after = before.at(-1)!
  const reading = (async () => {
    for await (const { deliveryAttempted } of client.subscribe(Attempts, { after })) {
      seen.push(deliveryAttempted.id)
    }
  })()
  // It ends when its client is closed, or its server; what it has heard by then is judged.
  reading.catch(() => {})
  return {
    async complete() {
      const left = async () => (await recorded()).length - before.length - new Set(seen).size
      await expect.poll(left, { timeout: 60_000, interval: 200 }).toBe(0)
    },
    async faults() {
      const heard = Map.groupBy(seen, (id) => id)
      const all = (await recorded()).map(({ id }) => id).filter((id) => !before.includes(id))
      return all.filter((id) => heard.get(id)?.length !== 1)
    },
  }
}
