import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import type { Viewer } from '../../../src/access/authentication.ts'
import type { SlotLimits } from '../../../src/server/limits/slots.ts'
import { eventually } from '../../helpers/eventually.ts'
import { answerOf, post, startTestServer } from './test-server.ts'

const SUBSCRIPTION = { query: 'subscription { count(to: 1) }' }

/** Everybody is who their key says, whatever it is, and of the organization that its first letter names. */
const start = (limits: Partial<SlotLimits>) =>
  startTestServer({
    connectionLimits: { process: 9, organization: 9, caller: 9, ...limits },
    authenticate: async ({ authorization }) => {
      const viewer: Viewer = {
        organizationId: `org_${authorization?.[0]}`,
        apiKeyId: authorization,
        scopes: new Set(),
      }
      return { viewer }
    },
  })

function open(url: string) {
  const socket = new WebSocket(url.replace('http', 'ws'), 'graphql-transport-ws')
  socket.on('error', () => {})
  onTestFinished(() => socket.terminate())
  return socket
}

/** Opens a socket and says who it is. @returns the socket, and its close code unless it was let in */
async function greet(url: string, authorization: string) {
  const socket = open(url)
  const closed = new Promise<number>((resolve) => socket.once('close', resolve))
  await once(socket, 'open')
  socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization } }))
  const heard = new Promise<null>((resolve) => socket.once('message', () => resolve(null)))
  const code = await Promise.race([closed, heard])
  return { socket, code }
}

async function stream(url: string, authorization: string) {
  const leaving = new AbortController()
  onTestFinished(() => leaving.abort())
  const response = await fetch(url, {
    method: 'POST',
    headers: { authorization, accept: 'text/event-stream', 'content-type': 'application/json' },
    body: JSON.stringify(SUBSCRIPTION),
    signal: leaving.signal,
  })
  return { response, leave: () => leaving.abort() }
}

test('a WebSocket above the limit of a key is closed with 1013, and other keys have their own limit', async () => {
  const { graphql } = await start({ caller: 2 })
  const first = await greet(graphql, 'a')
  expect(first.code).toBeNull()
  expect((await greet(graphql, 'a')).code).toBeNull()
  expect((await greet(graphql, 'a')).code).toBe(1013)
  expect((await greet(graphql, 'b')).code).toBeNull()
  first.socket.close()
  await eventually(async () => expect((await greet(graphql, 'a')).code).toBeNull())
})

test('a WebSocket that authenticates when the process is full is closed with 1013', async () => {
  const { graphql } = await start({ process: 1 })
  const late = open(graphql)
  await once(late, 'open')
  expect((await greet(graphql, 'a')).code).toBeNull()
  late.send(JSON.stringify({ type: 'connection_init', payload: { authorization: 'b' } }))
  expect((await once(late, 'close'))[0]).toBe(1013)
})

test('an organization leaves free WebSockets for the next one', async () => {
  const { graphql } = await start({ process: 5 })
  for (const key of ['a1', 'a2', 'a3', 'a4']) {
    expect((await greet(graphql, key)).code).toBeNull()
  }
  expect((await greet(graphql, 'a5')).code).toBe(1013)
  expect((await greet(graphql, 'b')).code).toBeNull()
})

test('all keys of an organization share its limit of WebSockets', async () => {
  const { graphql } = await start({ organization: 2 })
  const first = await greet(graphql, 'acme-1')
  expect((await greet(graphql, 'acme-2')).code).toBeNull()
  expect((await greet(graphql, 'acme-3')).code).toBe(1013)
  expect((await greet(graphql, 'globex')).code).toBeNull()
  first.socket.close()
  await eventually(async () => expect((await greet(graphql, 'acme-3')).code).toBeNull())
})

test('a WebSocket above the limit of the process gets 503 with Retry-After', async () => {
  const { graphql } = await start({ process: 2 })
  const first = await greet(graphql, 'a')
  // A client that is not authenticated yet takes no slot.
  await once(open(graphql), 'open')
  expect((await greet(graphql, 'b')).code).toBeNull()
  const [, response] = (await once(open(graphql), 'unexpected-response')) as [
    unknown,
    IncomingMessage,
  ]
  expect(response.statusCode).toBe(503)
  expect(response.headers['retry-after']).toMatch(/^\d+$/)
  first.socket.close()
  await eventually(async () => expect((await greet(graphql, 'b')).code).toBeNull())
})

test('event streams count with the sockets, and are refused before their source is opened', async () => {
  const { graphql, world } = await start({ caller: 2 })
  expect((await greet(graphql, 'a')).code).toBeNull()
  const second = await stream(graphql, 'a')
  expect(second.response.status).toBe(200)
  await eventually(() => expect(world.openStreams).toBe(1))
  expect((await greet(graphql, 'a')).code).toBe(1013)
  const { response } = await stream(graphql, 'a')
  expect(response.status).toBe(429)
  expect(response.headers.get('retry-after')).toMatch(/^\d+$/)
  const text = await response.text()
  expect(text).toContain('RATE_LIMITED')
  expect(text).toContain('"retryAfterSeconds"')
  expect(world.openStreams).toBe(1)
  second.leave()
  await eventually(async () => expect((await greet(graphql, 'a')).code).toBeNull())
})

test('an event stream that finds the process full is answered 503', async () => {
  const { graphql } = await start({ process: 1 })
  await greet(graphql, 'a')
  const { response } = await stream(graphql, 'b')
  expect(response.status).toBe(503)
  expect(await response.text()).toContain('RATE_LIMITED')
})

test('an operation that does not stay open takes no slot', async () => {
  const { graphql } = await start({ process: 1, caller: 1 })
  await greet(graphql, 'a')
  const headers = { authorization: 'a' }
  expect(await answerOf(post(graphql, { query: '{ viewer }' }, headers))).toEqual({
    data: { viewer: 'org_a' },
  })
})

test('a failed handshake frees its slot', async () => {
  const { graphql, url } = await start({ process: 1, caller: 1 })
  const upgrade = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' }
  const [response] = (await once(get(graphql, { headers: upgrade }), 'response')) as [
    IncomingMessage,
  ]
  expect(response.statusCode).toBe(400)
  const { host, port } = new URL(url)
  const gone = connect(Number(port), '127.0.0.1')
  gone.write(
    `GET /graphql HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${btoa('x'.repeat(16))}\r\n\r\n`,
  )
  gone.resetAndDestroy()
  await eventually(async () => expect((await greet(graphql, 'a')).code).toBeNull())
})
