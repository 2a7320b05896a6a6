import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { createClient } from 'graphql-ws'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { newId } from '../../src/storage/ids.ts'
import { createLogger } from '../../src/telemetry/logger.ts'
import { extent } from '../faults/extent.ts'
import { readRowsAsText } from '../helpers/database-text.ts'
import { publishTodos } from '../helpers/deliveries.ts'
import { deliveryStands } from '../helpers/delivery-operations.ts'
import { deactivate, RotateSecret, readDestination } from '../helpers/destination-operations.ts'
import { foundIn } from '../helpers/hidden-forms.ts'
import { activeDestination, PublishEvent, todo } from '../helpers/operations.ts'
import { ask, listen } from '../helpers/raw-operation.ts'
import { type Receiver, startReceiver } from '../helpers/receiver.ts'
import { signWith, withSecret } from '../helpers/token-issuer.ts'
import { expectSigned } from '../helpers/verify-request.ts'
import { createWorld, type World } from '../helpers/world.ts'

const DESTINATIONS = extent({ short: 240, full: 1_000 })
/** These are ACTIVE and get 10 events each. */
const ACTIVE = extent({ short: 25, full: 100 })
const EVENTS = 10
/** Mutations in one document; 50 may have an alias. */
const ALIASES = 40
/** Characters of an API key that are stored and shown, which distinguish it from others. */
const SHOWN_OF_KEY = 12
const JWT_SECRET = randomBytes(32)
/** Texts that only sender and receiver can see: in a URL, in an event, in a response. */
const PRIVATE = ['path-token-8d1f', 'transcript-51c0', 'answer-77ab']
/** A secret in the text of an error, as a programmer or PostgreSQL might put it there. */
const SLIP = 'wsec_SlippedIntoTheTextOfAnError0123456789'

const lines: string[] = []
const log = createLogger('debug', { write: (line) => void lines.push(line) })

let world: World
let admin: pg.Client
let receiver: Receiver
/**
 * Every secret and key that was given out, and the keys that sign and encrypt. Without their prefixes, which find
 * the whole as well.
 */
const secrets: (string | Buffer)[] = []

beforeAll(async () => {
  world = await createWorld({ log, jwt: withSecret(JWT_SECRET) })
  admin = new pg.Client({ connectionString: world.databaseUrl })
  // Some tests end connections, this one included.
  admin.on('error', () => {})
  await admin.connect()
  receiver = await startReceiver({ answers: [{ status: 200, body: PRIVATE[2]! }] })
  await fill()
}, 300_000)
afterAll(async () => {
  await admin.end()
  await world[Symbol.asyncDispose]()
  await receiver.close()
})

/** Sends a mutation for each of the fields, many in a document. @returns what each answered */
// biome-ignore lint/suspicious/noExplicitAny: the requested fields
async function mutate(fields: readonly string[]): Promise<any[]> {
  const documents = Array.from({ length: Math.ceil(fields.length / ALIASES) }, (_, index) =>
    fields
      .slice(index * ALIASES, (index + 1) * ALIASES)
      .map((field, alias) => `a${alias}: ${field}`)
      .join('\n'),
  )
  const answers = await Promise.all(documents.map((text) => ask(world, `mutation { ${text} }`)))
  expect(answers.filter(({ errors }) => errors)).toEqual([])
  return answers.flatMap(({ data }) => Object.values(data))
}

/** Makes the destinations, every third with a rotated secret. @returns the ids of those that are ACTIVE */
async function makeDestinations(): Promise<string[]> {
  const url = `${receiver.url}/${PRIVATE[0]}`
  const numbers = Array.from({ length: DESTINATIONS }, (_, index) => index)
  const made = await mutate(
    numbers.map(
      (number) =>
        `destinationCreate(input: { name: "Receiver ${number}", url: "${url}", events: [TODO_CREATED] }) { ... on Destination { id } }`,
    ),
  )
  const ids: string[] = made.map(({ id }) => id)
  const active = ids.slice(0, ACTIVE)
  const [, revealed] = await Promise.all([
    mutate(active.map((id) => `destinationActivate(id: "${id}") { ... on Destination { id } }`)),
    mutate(
      ids.map((id) => `destinationRevealSecret(id: "${id}") { ... on SecretRevealed { secret } }`),
    ),
  ])
  const rotated = await mutate(
    ids
      .filter((_, index) => index % 3 === 0)
      .map(
        (id) =>
          `destinationRotateSecret(id: "${id}", overlapSeconds: 3600) { ... on SecretRevealed { secret } }`,
      ),
  )
  for (const { secret } of [...revealed, ...rotated]) secrets.push(secret.slice(5))
  return active
}

/** Makes keys and tokens of every kind, and comes with each. */
async function signIn(): Promise<void> {
  const { data } = await ask(
    world,
    'mutation { apiKeyCreate(input: { name: "x", scopes: [EVENTS_PUBLISH] }) { ... on ApiKeyCreated { key } } }',
  )
  const platform = await world.app.createPlatformKey({ name: 'x', scopes: ['EVENTS_PUBLISH'] })
  for (const key of [world.apiKey, data.apiKeyCreate.key, platform]) {
    secrets.push(key.slice(SHOWN_OF_KEY, -6), Buffer.from(key.slice(4, -6), 'base64url'))
  }
  const token = await signWith(JWT_SECRET)
  secrets.push(JWT_SECRET, token.split('.')[2]!, world.encryptionKey)
  for (const apiKey of [data.apiKeyCreate.key, platform, token]) {
    await ask({ url: world.url, apiKey }, '{ viewer { organization { name } } }')
  }
  await world.app.authenticate({
    authorization: `Bearer ${platform}`,
    organization: 'customer-1',
    createOrganization: true,
  })
}

/** Creates the destinations, and the deliveries of those that are ACTIVE. */
async function fill(): Promise<void> {
  await signIn()
  const active = await makeDestinations()
  await publishTodos(world.client, EVENTS - 1)
  await world.client.request(PublishEvent, {
    input: { event: 'TODO_CREATED', data: { ...todo('Call'), todo_id: PRIVATE[1]! } },
  })
  const deliveries = active.length * EVENTS
  await receiver.request(deliveries)
  const succeeded = () =>
    world.app.ports.db.prisma.delivery.count({ where: { status: 'SUCCEEDED' } })
  await vi.waitFor(async () => expect(await succeeded()).toBe(deliveries), 10_000)
}

test('the search finds a secret that was planted, in whatever form', async () => {
  const [words, bytes] = [secrets.at(-1)!, world.encryptionKey]
  const texts = ['', 'a', 'ab'].flatMap((before) =>
    (['utf8', 'hex', 'base64', 'base64url'] as const).map((form) =>
      Buffer.from(`${before}${words}and more`).toString(form),
    ),
  )
  const base64 = bytes.toString('base64')
  texts.push(base64, encodeURIComponent(base64), bytes.toString('hex').toUpperCase())
  await admin.query('create table planted (text text, bytes bytea)')
  await admin.query('insert into planted (text) select unnest($1::text[])', [texts])
  await admin.query('insert into planted (bytes) values ($1), ($2)', [bytes, words])
  const rows = await readRowsAsText(world.databaseUrl)
  const planted = rows.filter((row) => row.startsWith('public.planted '))
  expect(planted).toHaveLength(texts.length + 2)
  expect(planted.filter((row) => foundIn(row, secrets).length === 0)).toEqual([])
  expect(foundIn(rows.join('\n'), secrets).length).toBeGreaterThan(0)
  await admin.query('drop table planted')

  const before = lines.length
  log.debug({ note: words }, `Bearer ${base64}`)
  expect(foundIn(lines.splice(before).join(''), secrets)).toEqual([words, expect.any(String)])
})

describe('an internal fault reveals only the request id to the client', () => {
  const CREATE = 'mutation { destinationCreate(input: { name: "x" }) { __typename } }'

  async function expectMasked(work: () => Promise<unknown>): Promise<void> {
    const answer = JSON.stringify(await work())
    expect(answer).toContain('"code":"INTERNAL_SERVER_ERROR"')
    expect(answer).not.toContain(SLIP)
    expect(answer).not.toMatch(
      /prisma|postgres|sql|relation|statement|timeout|stack|\.ts|select|"destination"/i,
    )
    const requestId = /Quote request ([0-9a-f-]{36})/.exec(answer)?.[1]
    const told = lines.filter((line) => line.includes(`"requestId":"${requestId}"`))
    expect(told.map((line) => typeof JSON.parse(line).err?.type)).toContain('string')
  }

  /** Runs an operation over a WebSocket. Returns its result with errors, or the errors. */
  async function askOverSocket(query: string, variables = {}): Promise<unknown> {
    const client = createClient({
      url: `${world.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${world.apiKey}` },
    })
    const first = client.iterate({ query, variables }).next()
    const answer = await first.then(({ value }) => value as unknown).catch((errors) => errors)
    await client.dispose()
    return answer
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

  test('a missing table, over a WebSocket and server-sent events', async () => {
    const query = '{ destinations { nodes { id } } }'
    const behind = 'subscription ($id: ID) { deliveryAttempted(after: $id) { id } }'
    const id = newId('att')
    await admin.query('alter table destination rename to elsewhere')
    await admin.query('alter table delivery_attempt rename to elsewhere_too')
    await expectMasked(() => askOverSocket(query))
    await expectMasked(() => askOverSocket(CREATE))
    await expectMasked(() => askOverSocket(behind, { id }))
    await expectMasked(async () => (await listen(world, query).next()).value)
    await expectMasked(async () => (await listen(world, behind, { id }).next()).value)
    await admin.query('alter table elsewhere rename to destination')
    await admin.query('alter table elsewhere_too rename to delivery_attempt')
  })

  test('a table that is dropped while a stream reads it', async () => {
    const query = 'subscription { destinationChanged { id deliveries { nodes { id } } } }'
    const overEvents = listen(world, query).next()
    const heard = [overEvents.then(({ value }) => value), askOverSocket(query)]
    await admin.query('alter table delivery rename to elsewhere')
    const { id } = (await admin.query('select id from destination limit 1')).rows[0]
    let over = false
    const told = Promise.all(heard.map((one) => expectMasked(() => one))).finally(() => {
      over = true
    })
    for (let turn = 0; !over; turn += 1) {
      await admin.query(`update destination set name = 'Turn ${turn}' where id = '${id}'`)
      await pause(20)
    }
    await told
    await admin.query('alter table elsewhere rename to delivery')
  })

  test('a row that violates a constraint, whose content is in the error of PostgreSQL', async () => {
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

/** SQL expressions that replace the stored secret `current`: with that of another destination, or with a changed one. */
const SPOILED = {
  'of another destination':
    '(select current from signing_secret where destination_id <> $1 order by destination_id limit 1)',
  'that was changed': `left(current, -8) || 'AAAAAAAA'`,
  'of a key that is not there': `replace(current, 'v1.test.', 'v1.gone.')`,
}

/** @returns the delivery's id */
async function sendTest(id: string): Promise<string> {
  const { data } = await ask(
    world,
    'mutation ($id: ID!) { destinationSendTest(id: $id, event: TODO_CREATED) { ... on Delivery { id } } }',
    { id },
  )
  return data.destinationSendTest.id
}

describe.each(Object.entries(SPOILED))('a sealed secret %s', (_, sealed) => {
  let id: string
  beforeEach(async () => {
    id = (await activeDestination(world.client, { url: receiver.url })).id
    const spoil = `update signing_secret set current = ${sealed} where destination_id = $1`
    expect((await admin.query(spoil, [id])).rowCount).toBe(1)
  })
  // Later events are not for it.
  afterEach(() => deactivate(world.client, id))

  test('signs nothing, and nothing is sent', async () => {
    const before = receiver.requests.length
    const delivery = await sendTest(id)
    const { attempts } = await deliveryStands(world.client, delivery, { attemptCount: 1 })
    expect(attempts[0]!.failure?.code).toBe('SECRET_UNAVAILABLE')
    expect(receiver.requests).toHaveLength(before)
  })

  test('is not revealed, and the answer says what to do', async () => {
    const reveal = 'mutation ($id: ID!) { destinationRevealSecret(id: $id) { __typename } }'
    const { data, errors } = await ask(world, reveal, { id })
    expect(data).toEqual({ destinationRevealSecret: null })
    expect(errors).toMatchObject([
      {
        message: expect.stringMatching(/^The signing secret cannot be read\. Rotate it/),
        extensions: { code: 'INTERNAL_SERVER_ERROR', reason: 'SECRET_UNAVAILABLE' },
      },
    ])
    expect(JSON.stringify(errors)).not.toMatch(/v1\.|decrypt|cipher|tag|\.ts/i)
  })

  test('is shown as nothing but dots, beside all other settings', async () => {
    const { name, secret } = await readDestination(world.client, id)
    expect({ name, masked: secret.masked }).toEqual({
      name: 'Receiver',
      masked: `wsec_${'•'.repeat(40)}`,
    })
  })

  test('is replaced by a rotation, is revoked at once whatever the overlap, and deliveries are sent again', async () => {
    const { destinationRotateSecret } = await world.client.request(RotateSecret, {
      id,
      overlapSeconds: 3_600,
    })
    if (destinationRotateSecret.__typename !== 'SecretRevealed') expect.fail('not rotated')
    const { destination, secret } = destinationRotateSecret
    secrets.push(secret.slice(5))
    expect(destination.secret.previousExpiresAt).toBeNull()
    const before = receiver.requests.length
    const delivery = await sendTest(id)
    const request = await receiver.request(before + 1)
    expectSigned(request, secret)
    expect(request.headers).not.toHaveProperty('x-webhook-signature-previous')
    await deliveryStands(world.client, delivery, { status: 'SUCCEEDED' })
  })
})

test('no row of any table holds a secret or a key, in any form', async () => {
  const rows = await readRowsAsText(world.databaseUrl)
  const rowsOf = (table: string) => rows.filter((row) => row.startsWith(table)).length
  expect(rowsOf('public.signing_secret ')).toBeGreaterThanOrEqual(DESTINATIONS)
  expect(rowsOf('public.delivery_attempt ')).toBeGreaterThanOrEqual(ACTIVE * EVENTS)
  expect(rowsOf('pgboss.')).toBeGreaterThan(0)
  expect(secrets.length).toBeGreaterThan((DESTINATIONS * 4) / 3)
  expect(foundIn(rows.join('\n'), secrets)).toEqual([])
})

test('no line of the log holds a secret, a key, or what a customer sent or was sent', () => {
  const text = lines.join('')
  expect(lines.length).toBeGreaterThan(0)
  expect(foundIn(text, secrets)).toEqual([])
  expect(foundIn(text, PRIVATE)).toEqual([])
})
