import { expect, test } from 'vitest'
import { graphql } from '../../../src/generated/graphql/gql.ts'
import { activeDestination, publishTodo } from '../../helpers/operations.ts'
import { createWorld } from '../../helpers/world.ts'

const ReadFailures = graphql(`
  query ProxyFaultFailures($id: ID!) {
    destination(id: $id) {
      failureCount
      deliveries(first: 1) { nodes { status attempts { status failure { code } } } }
    }
  }
`)

test('a fault of the egress proxy fails the attempt, which is retried, and does not count for the destination', async () => {
  // Nothing listens on this port.
  await using world = await createWorld({ deliveryProxy: new URL('http://127.0.0.1:1') })
  const { client } = world
  const { id } = await activeDestination(client, { url: 'http://127.0.0.1:2/' })
  await publishTodo(client)
  const read = async () => (await client.request(ReadFailures, { id })).destination!
  await expect
    .poll(async () => (await read()).deliveries.nodes[0]!.attempts.length, { timeout: 60_000 })
    .toBeGreaterThan(1)
  const { deliveries, failureCount } = await read()
  expect(failureCount).toBe(0)
  const [{ attempts, status }] = deliveries.nodes as [(typeof deliveries.nodes)[0]]
  expect(status).toBe('PENDING')
  expect(attempts[0]).toEqual({ status: 'FAILED', failure: { code: 'CONNECTION' } })
})
