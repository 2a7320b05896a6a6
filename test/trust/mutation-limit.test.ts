import { createClient } from 'graphql-ws'
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { SCOPES } from '../../src/domain/api-key.ts'
import { todo } from '../helpers/operations.ts'
import { organizationKey } from '../helpers/organization-key.ts'
import { type Api, codesOf, type RawAnswer, somebody } from '../helpers/raw-operation.ts'
import { signWith, withSecret } from '../helpers/token-issuer.ts'
import { createWorld, type World } from '../helpers/world.ts'

const SECRET = new TextEncoder().encode('what only the host product and we know')
const MANAGE = 3
const PUBLISH = 5

let world: World
beforeAll(async () => {
  world = await createWorld({
    worker: false,
    mutationLimits: { manage: MANAGE, publish: PUBLISH },
    jwt: withSecret(SECRET),
  })
})
afterAll(() => world[Symbol.asyncDispose]())
afterEach(() => void vi.useRealTimers())

type Sender = { apiKey: string; organization?: string }

interface Heard extends RawAnswer {
  status: number
  retryAfter: string | null
}

/** Sends an operation over HTTP. */
async function send(
  { apiKey, organization }: Sender,
  query: string,
  { accept = 'application/json', variables = {} } = {},
): Promise<Heard> {
  const response = await fetch(`${world.url}/graphql`, {
    method: 'POST',
    headers: {
      accept,
      'content-type': 'application/json',
      ...(apiKey && { authorization: `Bearer ${apiKey}` }),
      ...(organization && { 'x-organization': organization, 'x-organization-create': 'true' }),
    },
    body: JSON.stringify({ query, variables }),
  })
  const text = await response.text()
  const json = /^(?:.*^data: )?(\{.*?\})$/ms.exec(text)?.[1] ?? text
  const { headers, status } = response
  return { ...(JSON.parse(json) as RawAnswer), status, retryAfter: headers.get('retry-after') }
}

/** Creates as many destinations, all in one operation. */
const create = (count: number) =>
  `mutation { ${Array.from(
    { length: count },
    (_, index) => `d${index}: destinationCreate(input: { name: "x" }) { __typename }`,
  ).join(' ')} }`

const publish = (sender: Sender) =>
  send(
    sender,
    'mutation ($data: JSON!) { eventPublish(input: { event: TODO_CREATED, data: $data }) { __typename } }',
    { variables: { data: todo('Call') } },
  )

let organizations = 0
const newcomer = () => somebody(world, `Organization ${++organizations}`, SCOPES)

const destinationsOf = ({ organizationId }: { organizationId: string }) =>
  world.app.ports.db.prisma.destination.count({ where: { organizationId } })

/** Uses up what may be sent besides publishing. */
async function exhaust(sender: Sender): Promise<void> {
  expect(codesOf(await send(sender, create(MANAGE)))).toEqual([])
  expect(codesOf(await send(sender, create(1)))).toEqual(['RATE_LIMITED'])
}

test('mutations up to the limit are executed, and one above is refused with the time to wait', async () => {
  const one = await newcomer()
  for (let sent = 0; sent < MANAGE; sent += 1) {
    expect((await send(one, create(1))).data.d0.__typename).toBe('Destination')
  }
  const refused = await send(one, create(1))
  expect(refused).toMatchObject({ status: 429, errors: [{ extensions: { code: 'RATE_LIMITED' } }] })
  expect(refused.data).toBeUndefined()
  const { extensions, message } = refused.errors![0]!
  const { retryAfterSeconds } = extensions as { retryAfterSeconds: number }
  expect(Object.keys(extensions).sort()).toEqual(['code', 'retryAfterSeconds'])
  expect(retryAfterSeconds).toBeGreaterThan(50)
  expect(retryAfterSeconds).toBeLessThanOrEqual(60)
  expect(Number.isInteger(retryAfterSeconds)).toBe(true)
  expect(refused.retryAfter).toBe(String(retryAfterSeconds))
  expect(message).toContain(`try again in ${retryAfterSeconds} s`)
  expect(await destinationsOf(one)).toBe(MANAGE)
})

test('a refused operation executes no mutation and does not count', async () => {
  const one = await newcomer()
  expect(codesOf(await send(one, create(2)))).toEqual([])
  const refused = await send(one, create(2))
  expect(refused.errors![0]!.message).toContain('This operation has 2, and 1 are left.')
  expect(await destinationsOf(one)).toBe(2)
  expect(codesOf(await send(one, create(1)))).toEqual([])
  expect(codesOf(await send(one, create(1)))).toEqual(['RATE_LIMITED'])
})

test('an operation above the limit of a minute gets the advice to split it', async () => {
  const refused = await send(await newcomer(), create(MANAGE + 1))
  expect(refused.status).toBe(429)
  expect(refused.errors![0]!.message).toContain('split the operation')
})

test('fields of fragments count, and fields with one response key count once', async () => {
  const one = await newcomer()
  const refused = await send(
    one,
    `mutation { ...A ... on Mutation { c: destinationCreate(input: { name: "c" }) { __typename } } }
    fragment A on Mutation { a: destinationCreate(input: { name: "a" }) { __typename } ...B }
    fragment B on Mutation {
      b: destinationCreate(input: { name: "b" }) { __typename }
      d: destinationCreate(input: { name: "d" }) { __typename }
    }`,
  )
  expect(codesOf(refused)).toEqual(['RATE_LIMITED'])
  const twice = await send(
    one,
    `mutation { ...A ...A __typename a: destinationCreate(input: { name: "a" }) { ... on Node { id } } }
    fragment A on Mutation { a: destinationCreate(input: { name: "a" }) { __typename } }`,
  )
  expect(codesOf(twice)).toEqual([])
  expect(codesOf(await send(one, create(MANAGE - 1)))).toEqual([])
  expect(codesOf(await send(one, create(1)))).toEqual(['RATE_LIMITED'])
})

test('publishing has its own limit', async () => {
  const one = await newcomer()
  await exhaust(one)
  for (let sent = 0; sent < PUBLISH; sent += 1) expect(codesOf(await publish(one))).toEqual([])
  const refused = await publish(one)
  expect(refused.status).toBe(429)
  expect(refused.errors![0]!.message).toContain(`at most ${PUBLISH} calls of eventPublish`)
  const { prisma } = world.app.ports.db
  const { organizationId } = one
  expect(await prisma.event.count({ where: { organizationId } })).toBe(PUBLISH)
})

test('an operation that needs both limits counts for neither if one is exhausted', async () => {
  const one = await newcomer()
  await exhaust(one)
  const both =
    'mutation ($data: JSON!) { eventPublish(input: { event: TODO_CREATED, data: $data }) { __typename } destinationCreate(input: { name: "x" }) { __typename } }'
  for (let sent = 0; sent <= PUBLISH; sent += 1) {
    const refused = await send(one, both, { variables: { data: todo('Call') } })
    expect(codesOf(refused)).toEqual(['RATE_LIMITED'])
  }
  expect(codesOf(await publish(one))).toEqual([])
})

test('queries and refused documents do not count', async () => {
  const one = await newcomer()
  for (let sent = 0; sent <= MANAGE; sent += 1) {
    expect(codesOf(await send(one, '{ viewer { scopes } }'))).toEqual([])
    expect(codesOf(await send(one, 'mutation { nothing }'))).not.toEqual([])
  }
  await exhaust(one)
  expect(codesOf(await send(one, '{ viewer { scopes } }'))).toEqual([])
})

test('an operation without a valid key gets UNAUTHENTICATED and does not count', async () => {
  for (let sent = 0; sent <= MANAGE; sent += 1) {
    expect(codesOf(await send({ apiKey: '' }, create(1)))).toEqual(['UNAUTHENTICATED'])
    expect(codesOf(await send({ apiKey: 'bmk_wrong' }, create(1)))).toEqual(['UNAUTHENTICATED'])
  }
  await exhaust(await newcomer())
})

test('every key of an organization has its own limit', async () => {
  const one = await somebody(world, 'Two keys', SCOPES)
  const other = await somebody(world, 'Two keys', SCOPES)
  await exhaust(one)
  await exhaust(other)
})

test('a platform key has a limit for each organization', async () => {
  const apiKey = await world.app.createPlatformKey({ name: 'backend', scopes: SCOPES })
  await exhaust({ apiKey, organization: 'host_1' })
  await exhaust({ apiKey, organization: 'host_2' })
})

test('users of the host product have one limit each, whatever their tokens', async () => {
  const token = (sub: string, exp: number) =>
    signWith(SECRET, { sub, scope: 'destinations_write', exp })
  const soon = Math.floor(Date.now() / 1_000) + 60
  await exhaust({ apiKey: await token('user_1', soon) })
  expect(codesOf(await send({ apiKey: await token('user_1', soon + 1) }, create(1)))).toEqual([
    'RATE_LIMITED',
  ])
  await exhaust({ apiKey: await token('user_2', soon) })
})

test('mutations are accepted again after the wait', async () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  const one = await newcomer()
  await exhaust(one)
  const refused = await send(one, create(1))
  const wait = Number(refused.retryAfter) * 1_000
  vi.advanceTimersByTime(wait - 1_500)
  expect(codesOf(await send(one, create(1)))).toEqual(['RATE_LIMITED'])
  vi.advanceTimersByTime(1_500)
  await exhaust(one)
})

test('a mutation above the limit is refused over server-sent events too', async () => {
  const one = await newcomer()
  await exhaust(one)
  const refused = await send(one, create(1), { accept: 'text/event-stream' })
  expect(refused.status).toBe(429)
  expect(refused.retryAfter).toMatch(/^\d+$/)
  expect(codesOf(refused)).toEqual(['RATE_LIMITED'])
  expect(await destinationsOf(one)).toBe(MANAGE)
})

test('mutations over a WebSocket have the same limit, and the socket stays open', async () => {
  const one = await newcomer()
  const ask = openSocket(one)
  expect(await ask(create(1))).toEqual({ data: { d0: { __typename: 'Destination' } } })
  expect(codesOf(await send(one, create(MANAGE - 1)))).toEqual([])
  expect(await ask(create(1))).toEqual({
    data: null,
    errors: [
      {
        message: expect.stringContaining('None of them was executed'),
        extensions: { code: 'RATE_LIMITED', retryAfterSeconds: expect.any(Number) },
      },
    ],
  })
  expect(await ask('{ viewer { __typename } }')).toEqual({
    data: { viewer: { __typename: 'Viewer' } },
  })
  expect(await destinationsOf(one)).toBe(MANAGE)
})

/** One socket without a second try. @returns a function that runs an operation on it */
function openSocket({ url, apiKey }: Required<Api>) {
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    lazy: false,
    retryAttempts: 0,
    connectionParams: { authorization: `Bearer ${apiKey}` },
  })
  onTestFinished(() => void client.dispose())
  return async (query: string): Promise<unknown> => {
    const answers = client.iterate({ query })
    const { value } = await answers.next()
    await answers.return?.()
    return value
  }
}

test('a limit of 0 is no limit', async () => {
  const { url, app } = await world.addProcess({
    worker: false,
    mutationLimits: { manage: 0, publish: 0 },
  })
  const apiKey = await organizationKey(app, 'Unlimited', { name: 'test', scopes: SCOPES })
  const { organizationId } = await somebody(world, 'Unlimited', [])
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ query: create(MANAGE + 1) }),
  })
  expect(response.status).toBe(200)
  expect(response.headers.get('access-control-expose-headers')).toContain('retry-after')
  expect(await destinationsOf({ organizationId })).toBe(MANAGE + 1)
})
