import type { GraphqlClient } from '../../src/cli/graphql-client.ts'
import { graphql } from '../../src/generated/graphql/gql.ts'
import { PublishEvents, todo } from './operations.ts'
import type { Receiver } from './receiver.ts'

const DeliveriesOf = graphql(`
  query TestDeliveriesOf($id: ID!, $after: String) {
    destination(id: $id) {
      deliveries(first: 100, after: $after) {
        nodes { id status attemptCount event { id } attempts { number status } }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
`)

/** Events of one call of eventPublishMany. */
const CALL = 50

/** Publishes todos, many a call and `lanes` calls at a time. @returns the events' ids */
export async function publishTodos(
  client: GraphqlClient,
  count: number,
  { lanes = 2 } = {},
): Promise<string[]> {
  const ids: string[] = []
  let left = count
  const lane = async () => {
    while (left > 0) {
      const size = Math.min(CALL, left)
      left -= size
      const inputs = Array.from({ length: size }, (_, index) => ({
        event: 'TODO_CREATED' as const,
        data: todo(`Call back ${index}`),
      }))
      const { eventPublishMany } = await client.request(PublishEvents, { inputs })
      if (eventPublishMany.__typename !== 'EventsPublished')
        throw new Error(eventPublishMany.message)
      ids.push(...eventPublishMany.results.map(({ event }) => event.id))
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  return ids
}

/** All deliveries of a destination with their attempts, newest first. */
export async function deliveriesOf(client: GraphqlClient, id: string) {
  const deliveries = []
  for (let after: string | null = null; ; ) {
    const { destination } = (await client.request(DeliveriesOf, { id, after })) as Awaited<
      ReturnType<typeof page>
    >
    const { nodes, pageInfo } = destination!.deliveries
    deliveries.push(...nodes)
    if (!pageInfo.hasNextPage) return deliveries
    after = pageInfo.endCursor ?? null
  }
}

const page = (client: GraphqlClient, id: string) => client.request(DeliveriesOf, { id })

/** Waits until the receiver has seen every one of these events. */
export async function receivedAll(receiver: Receiver, eventIds: readonly string[]): Promise<void> {
  const missing = new Set(eventIds)
  for (let seen = 0; ; ) {
    for (; seen < receiver.requests.length; seen += 1) {
      missing.delete(String(receiver.requests[seen]!.headers['webhook-id']))
    }
    if (missing.size === 0) return
    await receiver.request(seen + 1)
  }
}

const LatestAttempt = graphql(`
  query TestLatestAttempt($id: ID!) {
    destination(id: $id) { attempts(first: 1) { nodes { id } } }
  }
`)

/** Waits until the destination has an attempt. @returns the latest one's id */
export async function latestAttempt(client: GraphqlClient, id: string): Promise<string> {
  for (;;) {
    const { destination } = await client.request(LatestAttempt, { id })
    const [latest] = destination?.attempts.nodes ?? []
    if (latest) return latest.id
  }
}

const AttemptIds = graphql(`
  subscription TestAttemptIds($after: ID) {
    deliveryAttempted(after: $after) { id }
  }
`)

/** The ids of the next `count` attempts, after one or from now on. */
export async function nextAttempts(
  client: GraphqlClient,
  count: number,
  after: string | null = null,
): Promise<string[]> {
  const seen: string[] = []
  if (count === 0) return seen
  for await (const { deliveryAttempted } of client.subscribe(AttemptIds, { after })) {
    if (seen.push(deliveryAttempted.id) === count) break
  }
  return seen
}
