import { expect, test } from 'vitest'
import type { Logger } from '../../../src/telemetry/logger.ts'
import { publishTodos } from '../../helpers/delivery-operations.ts'
import { activeDestination, attempts, collectAttempts } from '../../helpers/operations.ts'
import { startReceiver } from '../../helpers/receiver.ts'
import { createWorld } from '../../helpers/world.ts'

test('a log line of an attempt has the id of its delivery, one of an operation that of its request', async () => {
  const lines: { message: string; [field: string]: unknown }[] = []
  const keep = (fields: object, message: string) => void lines.push({ message, ...fields })
  const log: Logger = { debug: keep, info: keep, warn: keep, error: keep }
  await using world = await createWorld({ log })
  await using receiver = await startReceiver({ answers: [503, 200] })
  const { id } = await activeDestination(world.client, { url: receiver.url })
  const told = collectAttempts(attempts(world.client), 2)
  await expect.poll(() => lines.some(({ name }) => name === 'TestDeliveryAttempted')).toBe(true)
  await publishTodos(world.client, 1)
  const [first, second] = await told

  const response = await fetch(`${world.url}/graphql`, {
    method: 'POST',
    headers: { authorization: `Bearer ${world.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ query: 'query Who { viewer { __typename } }' }),
  })
  expect(lines.find(({ name }) => name === 'Who')).toMatchObject({
    requestId: response.headers.get('x-request-id'),
    kind: 'query',
    organizationId: world.organizationId,
  })
  const about = { deliveryId: first!.delivery.id, destinationId: id }
  expect(lines.filter(({ message }) => message === 'attempted a delivery')).toMatchObject([
    { ...about, number: first!.number, outcome: 'HTTP_STATUS', ended: null },
    { ...about, number: second!.number, outcome: 'SUCCEEDED', ended: 'SUCCEEDED' },
  ])
})
