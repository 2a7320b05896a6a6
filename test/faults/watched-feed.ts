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

/** A subscriber that stays connected, and the attempts that it has received. */
export interface WatchedFeed {
  /** Waits until the subscriber has received as many attempts as are recorded. */
  complete(): Promise<void>
  /** Returns the ids of attempts that the subscriber did not receive once. */
  faults(): Promise<string[]>
}

/** Publishes one event to at least one destination, then subscribes to all further attempts. */
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
  // The stream fails when the client or the server is closed. `faults` checks what was received until then.
  reading.catch(() => {})
  return {
    async complete() {
      const left = async () => (await recorded()).length - before.length - new Set(seen).size
      await expect.poll(left, { timeout: 60_000, interval: 200 }).toBe(0)
    },
    async faults() {
      const received = Map.groupBy(seen, (id) => id)
      const all = (await recorded()).map(({ id }) => id).filter((id) => !before.includes(id))
      return all.filter((id) => received.get(id)?.length !== 1)
    },
  }
}
