import { createClient } from 'graphql-ws'
import { describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import type { Authentication, Credentials } from '../../../src/access/authentication.ts'
import { openRawSocket, refusedHandshake } from './raw-socket.ts'
import { KEY, startTestServer, VIEWER } from './test-server.ts'

/** A server that keeps the credentials it is shown, and takes KEY. */
async function startAsking() {
  const shown: Credentials[] = []
  const server = await startTestServer({
    authenticate: async (credentials) => {
      shown.push(credentials)
      return { viewer: credentials.authorization === KEY ? VIEWER : null }
    },
  })
  return { ...server, shown }
}

test.each([
  { authorization: KEY },
  { Authorization: KEY },
  { AUTHORIZATION: KEY },
  { headers: { authorization: KEY } },
  { headers: { Authorization: KEY } },
  { Headers: 1, authorization: '', headers: { Authorization: KEY } },
  { authorization: { toString: 1 }, headers: { authorization: [KEY], Authorization: KEY } },
])('the key counts in connectionParams %j', async (params) => {
  const { graphql } = await startAsking()
  const { acknowledged } = await openRawSocket(graphql)
  await acknowledged(params)
})

test.each([
  { organization: 'acme' },
  { Organization: 'acme' },
  { 'X-Organization': 'acme' },
  { 'x-organization': 'acme' },
  { headers: { 'X-Organization': 'acme' } },
  { headers: { organization: 'acme' } },
])('so does the organization in %j', async (params) => {
  const { graphql, shown } = await startAsking()
  const { acknowledged } = await openRawSocket(graphql)
  await acknowledged({ authorization: KEY, ...params })
  expect(shown[0]).toEqual({ authorization: KEY, organization: 'acme' })
})

test.each([
  { createOrganization: true },
  { createOrganization: 'true' },
  { headers: { 'X-Organization-Create': 'true' } },
])('the creation of the organization is requested by %j', async (params) => {
  const { graphql, shown } = await startAsking()
  const { acknowledged } = await openRawSocket(graphql)
  await acknowledged({ authorization: KEY, organization: 'acme', ...params })
  expect(shown[0]).toEqual({ authorization: KEY, organization: 'acme', createOrganization: true })
})

test.each([undefined, null, {}])(
  'a program may send both as headers of the upgrade, and connection_init with %j',
  async (payload) => {
    const { graphql, shown } = await startAsking()
    const headers = { Authorization: KEY, 'X-Organization': 'acme' }
    const { receivedUntil, send } = await openRawSocket(graphql, { headers })
    send({ type: 'connection_init', payload })
    await receivedUntil((messages) => messages[0]?.type === 'connection_ack')
    expect(shown[0]).toEqual({ authorization: KEY, organization: 'acme' })
  },
)

test('connectionParams count before the headers of the upgrade', async () => {
  const { graphql, shown } = await startAsking()
  const headers = { Authorization: 'Basic cHJveHk6cGFzc3dvcmQ=', 'X-Organization': 'other' }
  const { acknowledged } = await openRawSocket(graphql, { headers })
  await acknowledged({ authorization: KEY, organization: 'acme' })
  expect(shown[0]).toEqual({ authorization: KEY, organization: 'acme' })
})

test('a page of another origin cannot open a WebSocket, whatever headers it sends', async () => {
  const { graphql } = await startAsking()
  const headers = { Authorization: KEY, Origin: 'https://evil.example' }
  expect(await refusedHandshake(graphql, { headers })).toMatchObject({ status: 403 })
})

/** Creates the client of graphql-ws with its five retries without delays. */
function connect(url: string, connectionParams: () => Record<string, unknown>) {
  let connections = 0
  const client = createClient({
    url: url.replace('http', 'ws'),
    webSocketImpl: WebSocket,
    retryWait: async () => {},
    connectionParams,
    on: { connecting: () => void connections++ },
  })
  onTestFinished(() => client.dispose())
  return { client, connections: () => connections }
}

describe("graphql-ws's client does not try again", () => {
  test.each([
    ['without a key', {}, 'send connectionParams { authorization: "Bearer bmk_…" }'],
    ['with an empty key', { authorization: 'Bearer ' }, 'send connectionParams'],
    ['without "Bearer"', { authorization: 'bmk_valid' }, 'send connectionParams'],
    ['with a wrong key', { authorization: 'Bearer bmk_wrong' }, 'unknown, revoked or expired'],
  ])('%s, and gets a reason', async (_, params, reason) => {
    const { graphql } = await startTestServer()
    const { client, connections } = connect(graphql, () => params)
    const refused = client.iterate({ query: '{ viewer }' }).next()
    await expect(refused).rejects.toMatchObject({
      code: 4401,
      reason: expect.stringContaining(reason),
    })
    expect(connections()).toBe(1)
  })

  test('with a platform key that names no organization', async () => {
    const authenticate = async () => ({ viewer: null, advice: 'Name an organization.' })
    const { graphql } = await startTestServer({ authenticate })
    const { client, connections } = connect(graphql, () => ({ authorization: KEY }))
    const refused = client.iterate({ query: '{ viewer }' }).next()
    await expect(refused).rejects.toMatchObject({
      code: 4401,
      reason: expect.stringContaining('connectionParams { organization }'),
    })
    expect(connections()).toBe(1)
  })

  test('when its key is revoked later', async () => {
    const { graphql, world } = await startTestServer()
    const { client, connections } = connect(graphql, () => ({ authorization: KEY }))
    const events = client.iterate({ query: 'subscription { count(to: 1) }' })
    await events.next()
    const next = events.next()
    world.keys.clear()
    await expect(next).rejects.toMatchObject({
      code: 4401,
      reason: expect.stringContaining('revoked'),
    })
    expect(connections()).toBe(1)
  })
})

describe("graphql-ws's client tries again", () => {
  const EXPIRED: Authentication = { viewer: null, expired: true, advice: 'The token has expired.' }

  test('with a new token when the old one expires on an open socket', async () => {
    const valid = new Set(['Bearer first'])
    const { graphql } = await startTestServer({
      authenticate: async ({ authorization }) =>
        valid.has(authorization ?? '') ? { viewer: VIEWER } : EXPIRED,
    })
    const tokens = ['Bearer first', 'Bearer second']
    const { client, connections } = connect(graphql, () => ({ authorization: tokens.shift() }))
    const events = client.iterate({ query: 'subscription { count(to: 1) }' })
    await events.next()
    valid.clear()
    valid.add('Bearer second')
    expect((await events.next()).value).toEqual({ data: { count: 1 } })
    expect(connections()).toBe(2)
  })

  test('when the key cannot be checked at the moment', async () => {
    let isAway = true
    const { graphql, world } = await startTestServer({
      authenticate: async () => {
        if (!isAway) return { viewer: VIEWER }
        isAway = false
        throw new Error('secret detail')
      },
    })
    const { client, connections } = connect(graphql, () => ({ authorization: KEY }))
    const { value } = await client.iterate({ query: '{ viewer }' }).next()
    expect(value).toEqual({ data: { viewer: 'org_1' } })
    expect(connections()).toBe(2)
    expect(world.log).toMatchObject([{ err: { message: 'secret detail' } }])
  })
})
