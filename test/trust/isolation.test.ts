import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createGraphqlClient } from '../../src/cli/graphql-client.ts'
import { SCOPES } from '../../src/domain/api-key.ts'
import { createSchema } from '../../src/graphql/schema.ts'
import { readRowsAsText } from '../helpers/database-text.ts'
import { latestAttempt } from '../helpers/deliveries.ts'
import { answeredFields, queriesForEveryField } from '../helpers/every-field.ts'
import { activeDestination, GetDestination, PublishEvent, todo } from '../helpers/operations.ts'
import { type Api, ask, codesOf, listen, somebody } from '../helpers/raw-operation.ts'
import { type Receiver, startReceiver } from '../helpers/receiver.ts'
import { idArguments, leadingFields } from '../helpers/schema-coordinates.ts'
import { createWorld, type World } from '../helpers/world.ts'
import {
  BEHIND,
  DELETED,
  FROM_MUTATIONS,
  FROM_SUBSCRIPTIONS,
  type Kind,
  MATRIX,
  WATCHED,
} from './isolation-matrix.ts'

type Tenant = Required<Api> & { ids: Record<Kind, string>; secret: string }

const schema = createSchema()
let world: World
let receiver: Receiver
let owner: Tenant
let stranger: Tenant

beforeAll(async () => {
  world = await createWorld()
  receiver = await startReceiver()
  owner = await settle('Owner', 'private to the owner')
  stranger = await settle('Stranger', 'private to the stranger')
})
afterAll(async () => {
  await world[Symbol.asyncDispose]()
  await receiver.close()
})

const NEW_KEY = `mutation {
  apiKeyCreate(input: { name: "Second", scopes: [EVENTS_PUBLISH] }) {
    ... on ApiKeyCreated { apiKey { id } }
  }
}`

/** An organization with one of everything. */
async function settle(name: string, description: string): Promise<Tenant> {
  const { organizationId, ...api } = await somebody(world, name, SCOPES)
  const client = createGraphqlClient(api)
  const { id, secret } = await activeDestination(client, { url: receiver.url, name })
  await client.request(PublishEvent, {
    input: { event: 'TODO_CREATED', data: todo(description), idempotencyKey: 'first' },
  })
  const att = await latestAttempt(client, id)
  const { destination } = await client.request(GetDestination, { id })
  const [delivery] = destination!.deliveries.nodes
  await client.close()
  const { data } = await ask(api, NEW_KEY)
  const key = data.apiKeyCreate.apiKey.id
  const own = await ask(
    api,
    'query ($id: ID!) { destination(id: $id) { auditLog { nodes { id } } } }',
    {
      id,
    },
  )
  const aud = own.data.destination.auditLog.nodes[0].id
  const entries = await ask(api, '{ viewer { organization { auditLog { nodes { id } } } } }')
  const log = entries.data.viewer.organization.auditLog.nodes[0].id
  const events = { evt: delivery!.event.id, dlv: delivery!.id, att }
  return { ...api, ids: { key, org: organizationId, whk: id, aud, log, ...events }, secret }
}

/** An id that was never given, right beside one that was. */
const neverGiven = (id: string) => id.slice(0, -1) + (id.endsWith('0') ? '1' : '0')

/** Returns the text of the response without the requested id. */
async function answerTo(api: Api, operation: string, id: string): Promise<string> {
  return JSON.stringify(await ask(api, operation, { id })).replaceAll(id, '(the id)')
}

/** Returns the rows of the owner, except those that a worker changes by itself. */
async function ownersRows(): Promise<string[]> {
  const rows = await readRowsAsText(world.databaseUrl)
  const owned =
    /^public\.(audit_entry|audit_log_entry|audit_log_head|destination|signing_secret|event|organization) /
  const { key, ...ids } = owner.ids
  return rows.filter(
    (row) =>
      row.startsWith(`public.api_key (${key},`) ||
      (owned.test(row) && Object.values(ids).some((id) => row.includes(id))),
  )
}

test('the matrix has every argument that takes an id', () => {
  const rows = [...Object.keys(MATRIX), ...Object.keys(WATCHED), BEHIND, DELETED]
  expect(rows.toSorted()).toEqual(idArguments(schema).toSorted())
})

describe('an id of another organization is answered like an unknown id', () => {
  test.each(Object.entries(MATRIX))('by %s', async (_, [operation]) => {
    const before = await ownersRows()
    for (const id of Object.values(owner.ids)) {
      const answer = await answerTo(stranger, operation, id)
      expect(answer, id).toBe(await answerTo(stranger, operation, neverGiven(id)))
      expect(answer).not.toContain('private to the owner')
    }
    expect(await ownersRows()).toEqual(before)
  })

  test(`by ${BEHIND}`, async () => {
    const operation = 'subscription ($id: ID) { deliveryAttempted(after: $id) { id } }'
    for (const id of Object.values(owner.ids)) {
      const answers = [id, neverGiven(id)].map(async (after) => {
        const { value } = await listen(stranger, operation, { id: after }).next()
        expect(codesOf(value)).toEqual(['BAD_USER_INPUT'])
        return value
      })
      expect(await answers[0]).toEqual(await answers[1])
    }
  })

  test(`by ${DELETED}, which stays silent`, async () => {
    const operation = 'subscription ($id: ID) { destinationDeleted(id: $id) { id } }'
    const heard: unknown[] = []
    const foreign = await createAnother(owner)
    for (const id of [foreign, neverGiven(foreign)]) {
      const silent = listen(stranger, operation, { id })
      void silent.next().then(({ value }) => value && heard.push(value))
    }
    const strangers = listen(stranger, operation, { id: null })
    const told = async () => (await strangers.next()).value!.data.destinationDeleted.id
    let begun = false
    const first = told().finally(() => {
      begun = true
    })
    const own: string[] = []
    do {
      await remove(owner, await createAnother(owner))
      own.push(await remove(stranger, await createAnother(stranger)))
    } while (!begun)
    await remove(owner, foreign)
    const last = await remove(stranger, await createAnother(stranger))
    const all = [await first]
    while (all.at(-1) !== last) all.push(await told())
    expect([...own, last]).toEqual(expect.arrayContaining(all))
    expect(heard).toEqual([])
  })

  test.each(Object.entries(WATCHED))('by %s, which stays silent', async (_, [operation]) => {
    const heard: unknown[] = []
    for (const id of [owner.ids.whk, neverGiven(owner.ids.whk)]) {
      const silent = listen(stranger, operation, { id })
      void silent.next().then(({ value }) => value && heard.push(value))
    }
    const strangers = listen(stranger, operation, { id: null })
    const owners = listen(owner, operation, { id: owner.ids.whk })
    const stop = keepBusy()
    const twice = async (stream: typeof owners) => [await stream.next(), await stream.next()]
    const [own, theirs] = await Promise.all([strangers, owners].map(twice))
    await stop()
    expect([...own!, ...theirs!].flatMap(({ value }) => codesOf(value))).toEqual([])
    expect(JSON.stringify(own)).not.toContain(owner.ids.whk)
    expect(heard).toEqual([])
  })
})

/** Creates a destination for an operation that is possible only once. */
async function createAnother(api: Api): Promise<string> {
  const { data } = await ask(
    api,
    'mutation { destinationCreate(input: { name: "x" }) { ... on Destination { id } } }',
  )
  return data.destinationCreate.id
}

async function remove(api: Api, id: string): Promise<string> {
  await ask(api, MATRIX['Mutation.destinationDelete(id:)']![0], { id })
  return id
}

/** Starts test sends and renames in both organizations. The returned function stops them. */
function keepBusy(): () => Promise<unknown> {
  let on = true
  const work = async (api: Tenant) => {
    for (let turn = 0; on; turn += 1) {
      await ask(
        api,
        `mutation ($id: ID!, $name: String!) {
          destinationUpdate(id: $id, input: { name: $name }) { __typename }
          destinationSendTest(id: $id, event: TODO_CREATED) { __typename }
        }`,
        { id: api.ids.whk, name: `Turn ${turn}` },
      )
    }
  }
  const ended = Promise.all([work(owner), work(stranger)])
  return () => {
    on = false
    return ended
  }
}

test('no field leads from an object to an object of another organization', async () => {
  const { ids } = stranger
  const answered = new Set(FROM_SUBSCRIPTIONS)
  const named = { Organization: ids.org, Destination: ids.whk, Event: ids.evt, Delivery: ids.dlv }
  const operations = [
    ...queriesForEveryField(schema, {
      ...named,
      DeliveryAttempt: ids.att,
      ApiKey: ids.key,
      AuditEntry: ids.aud,
      AuditLogEntry: ids.log,
    }),
    ...Object.values(FROM_MUTATIONS),
  ]
  for (const operation of operations) {
    const variables = { whk: ids.whk, data: todo('another') }
    const { data, errors } = await ask(stranger, operation, variables)
    expect(errors, operation).toBeUndefined()
    answeredFields(
      { __typename: /^mutation/.test(operation) ? 'Mutation' : 'Query', ...data },
      answered,
    )
    const text = JSON.stringify(data)
    for (const hidden of [...Object.values(owner.ids), owner.secret, 'private to the owner']) {
      expect(text, operation).not.toContain(hidden)
    }
  }
  // Every field that leads to an object was selected at least once.
  expect(leadingFields(schema).filter((field) => !answered.has(field))).toEqual([])
})

test('an idempotency key belongs to its organization', async () => {
  const ids = [owner, stranger].map((one) => one.ids.org)
  const events = await world.app.ports.db.prisma.event.findMany({
    where: { idempotencyKey: 'first', organizationId: { in: ids } },
  })
  expect(events.map(({ organizationId }) => organizationId).toSorted()).toEqual(ids.toSorted())
})

test('every operation of the matrix has another result for the owner', async () => {
  // The last rows destroy: nothing of this one is needed by another test.
  const doomed = await settle('Doomed', 'private to the doomed')
  for (const [row, [operation, kind]] of Object.entries(MATRIX)) {
    const id = doomed.ids[kind]
    const answer = await answerTo(doomed, operation, id)
    expect(answer, row).not.toContain('NotFoundError')
    if (!row.includes('after:')) {
      expect(answer, row).not.toBe(await answerTo(doomed, operation, neverGiven(id)))
    }
  }
})
