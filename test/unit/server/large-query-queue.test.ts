import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { eventually } from '../../helpers/eventually.ts'
import { KEY, post, startTestServer } from './test-server.ts'

const HEAVY = { query: '{ large(first: 2000) { name } }' }
const LIGHT = { query: '{ large(first: 1000) { name } }' }

/** Everybody is who their key says, whatever it is, as in "a of org_2". */
const start = () =>
  startTestServer({
    authenticate: async ({ authorization }) => ({
      viewer: {
        organizationId: authorization?.split(' of ')[1] ?? 'org_1',
        apiKeyId: authorization,
        scopes: new Set(),
      },
    }),
  })

const ask = (url: string, body: object, authorization: string) => post(url, body, { authorization })

test('two large queries of a key and four of all run at once, and the others wait', async () => {
  const { graphql, world } = await start()
  const first = Array.from({ length: 5 }, () => ask(graphql, HEAVY, 'a'))
  await eventually(() => expect(world.running).toBe(2))
  const others = ['b of org_2', 'c of org_3', 'd of org_3'].map((key) => ask(graphql, HEAVY, key))
  await eventually(() => expect(world.running).toBe(4))
  // Light ones run beside them, so what is heavy had its chance to.
  const light = ask(graphql, LIGHT, 'a')
  await eventually(() => expect(world.running).toBe(5))
  world.finish.resolve()
  for (const response of await Promise.all([...first, ...others, light])) {
    expect(await response.json()).toEqual({ data: { large: [] } })
  }
  expect(world.running).toBe(0)
})

test('two large queries of one organization run at once, and other organizations get the remaining slots', async () => {
  const { graphql, world } = await start()
  const all = ['a', 'b', 'c', 'd'].map((key) => ask(graphql, HEAVY, key))
  await eventually(() => expect(world.running).toBe(2))
  const others = ['a of org_2', 'b of org_2', 'a of org_3'].map((key) => ask(graphql, HEAVY, key))
  await eventually(() => expect(world.running).toBe(4))
  world.finish.resolve()
  await Promise.all([...all, ...others])
})

test('organizations that do not read their large responses do not delay another one', async () => {
  const { graphql, url, world } = await start()
  world.finish.resolve()
  const body = JSON.stringify({ query: '{ huge large(first: 2000) { name } }' })
  const unread = await Promise.all(
    ['a of org_2', 'b of org_2', 'a of org_3', 'b of org_3', 'c of org_3'].map((key) =>
      sendWithoutReading(url, key, body),
    ),
  )
  for (const socket of unread) expect(socket.destroyed).toBe(false)
  const response = await ask(graphql, HEAVY, 'a')
  expect(await response.json()).toEqual({ data: { large: [] } })
})

/** Sends a request on a connection from which nothing is read after the first bytes of the response. */
async function sendWithoutReading(url: string, key: string, body: string) {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  await once(socket, 'connect')
  socket.write(
    `POST /graphql HTTP/1.1\r\nHost: x\r\nAuthorization: ${key}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  )
  await once(socket, 'readable')
  return socket
}

test('a key with 20 waiting large queries gets 429 with Retry-After, and another key does not', async () => {
  const { graphql, world } = await start()
  const running = Array.from({ length: 22 }, () => ask(graphql, HEAVY, 'a'))
  await eventually(async () => {
    const response = await ask(graphql, HEAVY, 'a')
    expect(response.status).toBe(429)
    expect(response.headers.get('retry-after')).toBe('10')
  })
  const other = ask(graphql, HEAVY, 'b of org_2')
  await eventually(() => expect(world.running).toBe(3))
  world.finish.resolve()
  for (const response of await Promise.all([...running, other])) expect(response.status).toBe(200)
})

test('a client that disconnects while it waits takes no slot, and one that disconnects while its query runs frees its slot', async () => {
  const { graphql, world } = await start()
  const leaving = new AbortController()
  const headers = { authorization: KEY, 'content-type': 'application/json' }
  const options = { method: 'POST', headers, body: JSON.stringify(HEAVY), signal: leaving.signal }
  const gone = Array.from({ length: 6 }, () => fetch(graphql, options).catch(() => null))
  await eventually(() => expect(world.running).toBe(2))
  leaving.abort()
  await Promise.all(gone)
  const stayed = [3000, 3000].map((first) =>
    ask(graphql, { query: `{ large(first: ${first}) { name } }` }, KEY),
  )
  // Both turns of the key are free for them, though none of the resolvers has ended.
  await eventually(() => expect(world.begun.filter((first) => first === 3000)).toHaveLength(2))
  world.finish.resolve()
  for (const response of await Promise.all(stayed)) {
    expect(await response.json()).toEqual({ data: { large: [] } })
  }
})
