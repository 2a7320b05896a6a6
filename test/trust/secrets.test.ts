import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { createLogger } from '../../src/adapters/logger.ts'
import { readRowsAsText } from '../helpers/database-text.ts'
import { publishTodos } from '../helpers/deliveries.ts'
import { deliveryStands } from '../helpers/delivery-operations.ts'
import { RotateSecret } from '../helpers/destination-operations.ts'
import { foundIn } from '../helpers/hidden-forms.ts'
import { activeDestination, PublishEvent, todo } from '../helpers/operations.ts'
import { ask } from '../helpers/raw-operation.ts'
import { type Receiver, startReceiver } from '../helpers/receiver.ts'
import { createWorld, type World } from '../helpers/world.ts'

const DESTINATIONS = 50
/** What only its sender and its receiver may see: in a URL, in an event, in an answer. */
const PRIVATE = ['path-token-8d1f', 'transcript-51c0', 'answer-77ab']
/** What a programmer or PostgreSQL might put into the text of an error. */
const SLIP = 'wsec_SlippedIntoTheTextOfAnError0123456789'

const lines: string[] = []
const log = createLogger('debug', { write: (line) => void lines.push(line) })

let world: World
let admin: pg.Client
let receiver: Receiver
/** Every secret and key that was given out, and the key that encrypts them. */
const secrets: (string | Buffer)[] = []

beforeAll(async () => {
  world = await createWorld({ log })
  admin = new pg.Client({ connectionString: world.databaseUrl })
  // Some tests end connections, this one included.
  admin.on('error', () => {})
  await admin.connect()
  receiver = await startReceiver({ answers: [{ status: 200, body: PRIVATE[2]! }] })
  await fill()
})
afterAll(async () => {
  await admin.end()
  await world[Symbol.asyncDispose]()
  await receiver.close()
})

/** 50 destinations, a third of them with a rotated secret, and 100 deliveries. */
async function fill(): Promise<void> {
  const { client } = world
  secrets.push(world.apiKey, world.encryptionKey)
  const create = async (index: number) => {
    const url = `${receiver.url}/${PRIVATE[0]}`
    const { id, secret } = await activeDestination(client, { url, name: `Receiver ${index}` })
    secrets.push(secret)
    if (index % 3 > 0) return
    const { destinationRotateSecret } = await client.request(RotateSecret, {
      id,
      overlapSeconds: 3_600,
    })
    if (destinationRotateSecret.__typename !== 'SecretRevealed') expect.fail('not rotated')
    secrets.push(destinationRotateSecret.secret)
  }
  await Promise.all(Array.from({ length: DESTINATIONS }, (_, index) => create(index)))
  const { data } = await ask(
    world,
    'mutation { apiKeyCreate(input: { name: "x", scopes: [EVENTS_PUBLISH] }) { ... on ApiKeyCreated { key } } }',
  )
  secrets.push(data.apiKeyCreate.key)
  await publishTodos(client, 1)
  await client.request(PublishEvent, {
    input: { event: 'TODO_CREATED', data: { ...todo('Call'), todo_id: PRIVATE[1]! } },
  })
  await receiver.request(2 * DESTINATIONS)
  const succeeded = () =>
    world.app.ports.db.prisma.delivery.count({ where: { status: 'SUCCEEDED' } })
  await vi.waitFor(async () => expect(await succeeded()).toBe(2 * DESTINATIONS), 10_000)
}

test('the search finds what it is looking for', () => {
  const [secret] = secrets
  for (const before of ['', 'a', 'ab']) {
    const text = Buffer.from(`${before}${secret}and more`)
    for (const form of ['utf8', 'hex', 'base64', 'base64url'] as const) {
      expect(foundIn(text.toString(form), [secret!]).length).toBeGreaterThan(0)
    }
  }
})

describe('a fault of ours tells a client no more than the id of the request', () => {
  const CREATE = 'mutation { destinationCreate(input: { name: "x" }) { __typename } }'

  async function expectMasked(work: () => Promise<unknown>): Promise<void> {
    const before = lines.length
    const answer = JSON.stringify(await work())
    expect(answer).toContain('"code":"INTERNAL_SERVER_ERROR"')
    expect(answer).not.toContain(SLIP)
    expect(answer).not.toMatch(
      /prisma|postgres|sql|relation|statement|timeout|stack|\.ts|select|"destination"/i,
    )
    const requestId = /Quote request ([0-9a-f-]{36})/.exec(answer)?.[1]
    expect(lines.slice(before).some((line) => line.includes(`"requestId":"${requestId}"`))).toBe(
      true,
    )
  }

  test('an error with a secret in its text', async () => {
    await admin.query(`create function slip() returns trigger language plpgsql as
      $$ begin raise exception 'cannot store ${SLIP}' using detail = '${SLIP}', hint = '${SLIP}'; end $$`)
    await admin.query(
      'create trigger slip before insert on destination for each row execute function slip()',
    )
    await expectMasked(() => ask(world, CREATE))
    await admin.query('drop trigger slip on destination')
  })

  test('a table that is not there', async () => {
    await admin.query('alter table destination rename to elsewhere')
    await expectMasked(() => ask(world, '{ destinations { nodes { id } } }'))
    await expectMasked(() => ask(world, CREATE))
    await admin.query('alter table elsewhere rename to destination')
  })

  test('a row that breaks a rule of the database, whose content PostgreSQL tells', async () => {
    await admin.query('alter table event add constraint never check (false) not valid')
    const input = { event: 'TODO_CREATED', data: { ...todo('Call'), todo_id: PRIVATE[1]! } }
    const publish =
      'mutation ($input: EventPublishInput!) { eventPublish(input: $input) { __typename } }'
    await expectMasked(() => ask(world, publish, { input }))
    await admin.query('alter table event drop constraint never')
  })

  /** Lets a mutation wait for a lock, and ends its wait as a limit of time would. */
  async function interrupt(how: 'pg_cancel_backend' | 'pg_terminate_backend'): Promise<unknown> {
    await admin.query('begin')
    await admin.query('lock table destination in access exclusive mode')
    const answer = ask(world, CREATE)
    const waiting = `pid from pg_locks where not granted and relation = 'destination'::regclass`
    await expect
      .poll(async () => (await admin.query(`select ${waiting}`)).rowCount, { interval: 10 })
      .toBeGreaterThan(0)
    await admin.query(`select ${how}(pid) from (select ${waiting}) as waiting`)
    const told = await answer
    await admin.query('rollback')
    return told
  }

  test('a statement that took too long', () => expectMasked(() => interrupt('pg_cancel_backend')))

  test('a transaction whose connection was ended', () =>
    expectMasked(() => interrupt('pg_terminate_backend')))
})

/** What PostgreSQL makes of the stored secret `current` of a destination: another one's, or one with a broken end. */
const SPOILED = {
  'of another destination':
    '(select current from signing_secret where destination_id <> $1 order by destination_id limit 1)',
  'that was changed': `left(current, -8) || 'AAAAAAAA'`,
  'of a key that is not there': `replace(current, 'v1.test.', 'v1.gone.')`,
}

test.each(Object.entries(SPOILED))(
  'a sealed secret %s opens nothing, and nothing is sent',
  async (_, sealed) => {
    const { id } = await activeDestination(world.client, { url: receiver.url })
    const before = receiver.requests.length
    const spoil = `update signing_secret set current = ${sealed} where destination_id = $1`
    expect((await admin.query(spoil, [id])).rowCount).toBe(1)
    const { data } = await ask(
      world,
      `mutation ($id: ID!) {
        destinationSendTest(id: $id, event: TODO_CREATED) { ... on Delivery { id } }
      }`,
      { id },
    )
    const { attempts } = await deliveryStands(world.client, data.destinationSendTest.id, {
      attemptCount: 1,
    })
    expect(attempts[0]!.failure?.code).toBe('SECRET_UNAVAILABLE')
    expect(receiver.requests).toHaveLength(before)
    const reveal = 'mutation ($id: ID!) { destinationRevealSecret(id: $id) { __typename } }'
    const answer = JSON.stringify(await ask(world, reveal, { id }))
    expect(answer).toContain('INTERNAL_SERVER_ERROR')
    expect(answer).not.toMatch(/v1\.|decrypt|cipher|tag|\.ts/i)
    await ask(world, 'mutation ($id: ID!) { destinationDeactivate(id: $id) { __typename } }', {
      id,
    })
  },
)

test('no row of any table holds a secret or a key, in any form', async () => {
  const rows = await readRowsAsText(world.databaseUrl)
  expect(
    rows.filter((row) => row.startsWith('public.signing_secret ')).length,
  ).toBeGreaterThanOrEqual(50)
  expect(rows.some((row) => row.startsWith('pgboss.'))).toBe(true)
  expect(secrets.length).toBeGreaterThanOrEqual(DESTINATIONS)
  expect(foundIn(rows.join('\n'), secrets)).toEqual([])
})

test('no line of the log holds a secret, a key, or what a customer sent or was sent', () => {
  const text = lines.join('')
  expect(lines.length).toBeGreaterThan(0)
  expect(foundIn(text, secrets)).toEqual([])
  expect(foundIn(text, PRIVATE)).toEqual([])
})
