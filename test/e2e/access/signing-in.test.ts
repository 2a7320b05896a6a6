import { once } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { SCOPES } from '../../../src/domain/api-key.ts'
import { inTime } from '../../faults/extent.ts'
import { eventually } from '../../helpers/eventually.ts'
import { startIssuer } from '../../helpers/token-issuer.ts'
import { createWorld } from '../../helpers/world.ts'

type Headers = Record<string, string>

interface Answer {
  // biome-ignore lint/suspicious/noExplicitAny: what comes back is what is to be proved
  data?: any
  errors?: { message: string; extensions: { code: string } }[]
}

async function ask(url: string, headers: Headers, query: string): Promise<Answer> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query }),
  })
  return (await response.json()) as Answer
}

/** Opens a socket and says who it is. @returns what the service says to it, one message after the other */
async function openSocket(url: string, payload: object) {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
  onTestFinished(() => socket.terminate())
  const closed = once(socket, 'close').then(([code, reason]) => ({ code, reason: String(reason) }))
  await once(socket, 'open')
  const heard: { type: string; payload?: Answer }[] = []
  socket.on('message', (message) => heard.push(JSON.parse(String(message))))
  const send = (message: object) => socket.send(JSON.stringify(message))
  send({ type: 'connection_init', payload })
  return { closed, heard, send }
}

/** Opens an event stream. @returns its whole text once it has ended */
async function openStream(url: string, headers: Headers): Promise<{ ended: Promise<string> }> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...headers },
    body: JSON.stringify({ query: SUBSCRIPTION }),
  })
  return { ended: response.text() }
}

const SUBSCRIPTION = 'subscription { deliveryAttempted { id } }'
const WHO = '{ viewer { scopes organization { name externalId } } }'
const bearer = (key: string) => ({ authorization: `Bearer ${key}` })

/** A socket that has subscribed and an event stream, both silent. */
async function stayOpen(url: string, key: string) {
  const socket = await openSocket(url, bearer(key))
  await eventually(() => expect(socket.heard).toMatchObject([{ type: 'connection_ack' }]))
  socket.send({ id: '1', type: 'subscribe', payload: { query: SUBSCRIPTION } })
  const stream = await openStream(url, bearer(key))
  return { socket, stream }
}

/** Milliseconds until a key that ended is refused everywhere. */
const WITHIN = inTime(5_000)

async function createKey(url: string, maker: string, input: string): Promise<[string, string]> {
  const { data } = await ask(
    url,
    bearer(maker),
    `mutation { apiKeyCreate(input: ${input}) { ... on ApiKeyCreated { key apiKey { id } } } }`,
  )
  return [data.apiKeyCreate.key, data.apiKeyCreate.apiKey.id]
}

test('a revoked key is refused within seconds, and its open sockets and streams end', async () => {
  await using world = await createWorld({ worker: false })
  const { apiKey, url } = world
  const [key, id] = await createKey(url, apiKey, '{ name: "x", scopes: [DESTINATIONS_READ] }')
  const { socket, stream } = await stayOpen(url, key)

  await ask(url, bearer(apiKey), `mutation { apiKeyRevoke(id: "${id}") { __typename } }`)
  const revoked = performance.now()

  expect(await socket.closed).toEqual({
    code: 4401,
    reason: 'Unauthorized: the key or token is unknown, revoked or expired.',
  })
  expect(await stream.ended).toContain('UNAUTHENTICATED')
  const { errors } = await ask(url, bearer(key), WHO)
  expect(errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }])
  expect(performance.now() - revoked).toBeLessThan(WITHIN)
  expect((await openSocket(url, bearer(key)).then(({ closed }) => closed)).code).toBe(4401)
})

test('a key and a token are refused within seconds of their expiry, and their open streams end', async () => {
  await using issuer = await startIssuer()
  await using world = await createWorld({ worker: false, jwt: issuer.settings })
  const { apiKey, url } = world
  const exp = Math.ceil(Date.now() / 1_000) + 2
  const expiresAt = new Date(exp * 1_000).toISOString()
  const [key] = await createKey(
    url,
    apiKey,
    `{ name: "x", scopes: [DESTINATIONS_READ], expiresAt: "${expiresAt}" }`,
  )
  const opened = await Promise.all([stayOpen(url, key), stayOpen(url, await issuer.sign({ exp }))])
  // Clients of graphql-ws connect again after 4403, with a new token where they have one.
  for (const [index, { socket, stream }] of opened.entries()) {
    expect((await socket.closed).code).toBe([4401, 4403][index])
    expect(await stream.ended).toContain('UNAUTHENTICATED')
  }
  expect(Date.now()).toBeGreaterThanOrEqual(exp * 1_000)
  expect(Date.now()).toBeLessThan(exp * 1_000 + WITHIN)
})

test('a user of the host product signs in with a token that has the name of its organization', async () => {
  await using issuer = await startIssuer('ES256')
  await using world = await createWorld({ worker: false, jwt: issuer.settings })
  const { url } = world
  expect(await ask(url, bearer(await issuer.sign()), WHO)).toEqual({
    data: {
      viewer: {
        scopes: ['DESTINATIONS_READ'],
        organization: { name: 'Acme Ltd.', externalId: 'org_of_bigmind' },
      },
    },
  })
  const socket = await openSocket(url, bearer(await issuer.sign()))
  await eventually(() => expect(socket.heard).toMatchObject([{ type: 'connection_ack' }]))
})

test('without JWT settings a token is rejected as an unknown key', async () => {
  await using issuer = await startIssuer()
  await using world = await createWorld({ worker: false })
  const { errors } = await ask(world.url, bearer(await issuer.sign()), WHO)
  expect(errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }])
  expect(issuer.state.asked).toBe(0)
})

test('a token gets an internal error while the keys of the issuer cannot be fetched, and the log has the cause', async () => {
  const logged: object[] = []
  const log = {
    debug() {},
    info() {},
    warn() {},
    error: (fields: object) => void logged.push(fields),
  }
  await using issuer = await startIssuer()
  await using world = await createWorld({ worker: false, jwt: issuer.settings, log })
  issuer.state.status = 503
  const { errors } = await ask(world.url, bearer(await issuer.sign()), WHO)
  expect(errors).toMatchObject([{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }])
  expect(JSON.stringify(errors)).not.toContain('jwks')
  expect(logged).toMatchObject([{ err: { message: expect.stringContaining('keys') } }])

  issuer.state.status = 200
  expect((await ask(world.url, bearer(await issuer.sign()), WHO)).errors).toBeUndefined()
})

test('a platform key acts for the organization in the header or in connection_init', async () => {
  await using world = await createWorld({ worker: false })
  const { url } = world
  const key = await world.app.createPlatformKey({ name: 'backend', scopes: SCOPES })
  const as = (organization: string) => ({ ...bearer(key), 'x-organization': organization })

  const { data } = await ask(url, as(world.organizationId), WHO)
  expect(data.viewer.organization.name).toBe('Acme')
  const unknown = await ask(url, as('customer-7'), WHO)
  expect(unknown.errors).toMatchObject([
    {
      message: expect.stringContaining('"X-Organization-Create: true"'),
      extensions: { code: 'UNAUTHENTICATED' },
    },
  ])
  const made = await ask(url, { ...as('customer-7'), 'x-organization-create': 'true' }, WHO)
  expect(made.data.viewer.organization).toEqual({ name: 'customer-7', externalId: 'customer-7' })

  const socket = await openSocket(url, { ...bearer(key), organization: 'customer-7' })
  await eventually(() => expect(socket.heard).toMatchObject([{ type: 'connection_ack' }]))
  socket.send({ id: '1', type: 'subscribe', payload: { query: WHO } })
  await eventually(() => expect(socket.heard[1]?.payload?.data).toEqual(made.data))
})

test('a platform key without an organization is rejected with advice to send X-Organization', async () => {
  await using world = await createWorld({ worker: false })
  const { url } = world
  const key = await world.app.createPlatformKey({ name: 'backend', scopes: SCOPES })
  const { errors } = await ask(url, bearer(key), WHO)
  expect(errors).toMatchObject([
    {
      message: expect.stringContaining('X-Organization'),
      extensions: { code: 'UNAUTHENTICATED' },
    },
  ])
  for (const params of [bearer(key), { ...bearer(key), organization: 'customer-8' }]) {
    const { closed } = await openSocket(url, params)
    expect(await closed).toEqual({
      code: 4401,
      reason: expect.stringContaining('createOrganization'),
    })
  }
  const created = { ...bearer(key), organization: 'customer-8', createOrganization: true }
  const socket = await openSocket(url, created)
  await eventually(() => expect(socket.heard).toMatchObject([{ type: 'connection_ack' }]))
})
