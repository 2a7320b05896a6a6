import { isObjectType } from 'graphql'
import { expect, test } from 'vitest'
import { catalogue, enumName } from '../../../src/domain/events/index.ts'
import { graphql } from '../../../src/generated/graphql/gql.ts'
import { createSchema } from '../../../src/graphql/schema.ts'
import { latestAttempt } from '../../helpers/deliveries.ts'
import { RotateSecret } from '../../helpers/destination-operations.ts'
import {
  answeredFields,
  type Ids,
  queriesForEveryField,
  reachableTypes,
} from '../../helpers/every-field.ts'
import { activeDestination, GetDestination, PublishEvent, todo } from '../../helpers/operations.ts'
import { startReceiver } from '../../helpers/receiver.ts'
import { createWorld, type World } from '../../helpers/world.ts'

const Definitions = graphql(`
  query TestDefinitions { eventDefinitions { type name description schema example } }
`)

test('the catalogue of events can be queried over HTTP', async () => {
  await using world = await createWorld({ worker: false })
  const { eventDefinitions } = await world.client.request(Definitions)
  const example = JSON.parse(JSON.stringify(catalogue.map((one) => one.example)))
  expect(eventDefinitions.map((one) => one.example)).toEqual(example)
  expect(eventDefinitions.map(({ type }) => type)).toEqual(
    catalogue.map(({ name }) => enumName(name)),
  )
  for (const { schema, description } of eventDefinitions) {
    expect(schema).toMatchObject({ type: 'object' })
    expect(description).not.toBe('')
  }
})

/** Fields that are null in this test. */
const ABSENT = [
  'ApiKey.expiresAt',
  'ApiKey.revokedAt',
  'DeliveryAttempt.responseBody',
  'Delivery.completedAt',
  'Destination.disabledAt',
  'Event.erasedAt',
  'Organization.externalId',
]

test('every field of every type that a query can reach is answered without an error', async () => {
  await using world = await createWorld()
  await using receiver = await startReceiver({ answers: [500] })
  const ids = await makeOneOfEverything(world, receiver.url)
  const schema = createSchema()
  const answered = new Set<string>()
  for (const query of queriesForEveryField(schema, ids)) {
    const { errors, data } = await ask(world, query)
    expect(errors, query).toBeUndefined()
    answeredFields(data, answered)
  }
  const missing = [...reachableTypes(schema)].flatMap((name) => {
    const type = schema.getType(name)
    const fields = isObjectType(type) ? Object.keys(type.getFields()) : []
    return fields.map((field) => `${name}.${field}`).filter((field) => !answered.has(field))
  })
  expect(missing.filter((field) => !ABSENT.includes(field))).toEqual([])
})

/** An organization with a destination, whose secret was rotated, and an event whose delivery failed once. */
async function makeOneOfEverything(world: World, url: string): Promise<Ids> {
  const { app, client, organizationId } = world
  const [key] = await app.ports.db.query<{ id: string }>(
    'update api_key set created_by_key_id = id returning id',
  )
  const { id } = await activeDestination(client, { url })
  await client.request(RotateSecret, { id, overlapSeconds: 3600 })
  const relations = { associatedDealIds: ['deal_1'] }
  await client.request(PublishEvent, {
    input: { event: 'TODO_CREATED', data: todo('Call'), relations, idempotencyKey: 'k' },
  })
  const attempt = await latestAttempt(client, id)
  const { destination } = await client.request(GetDestination, { id })
  const [delivery] = destination!.deliveries.nodes
  const [logged] = await app.ports.db.query<{ id: string }>(
    'select id from audit_log_entry where action = $1',
    ['DESTINATION_ACTIVATED'],
  )
  const [entry] = await app.ports.db.query<{ id: string }>('select id from audit_entry')
  return {
    Destination: id,
    AuditEntry: entry!.id,
    AuditLogEntry: logged!.id,
    Organization: organizationId,
    ApiKey: key!.id,
    Event: delivery!.event.id,
    Delivery: delivery!.id,
    DeliveryAttempt: attempt,
  }
}

async function ask({ url, apiKey }: World, query: string) {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  })
  return (await response.json()) as { data: unknown; errors?: unknown }
}
