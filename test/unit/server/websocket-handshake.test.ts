import { expect, test } from 'vitest'
import { openRawSocket, PROTOCOL, refusedHandshake } from './raw-socket.ts'
import { startTestServer } from './test-server.ts'

test('a client of subscriptions-transport-ws gets an error that names graphql-ws', async () => {
  const { graphql } = await startTestServer()
  const protocols = ['graphql-ws']
  const { closed, received, socket } = await openRawSocket(graphql, { protocols })
  expect(socket.protocol).toBe('graphql-ws')
  const { code, reason } = await closed
  expect(code).toBe(4406)
  expect(reason).toContain(PROTOCOL)
  expect(received).toEqual([{ type: 'connection_error', payload: { message: reason } }])
})

test('of two subprotocols the one that is served is chosen', async () => {
  const { graphql } = await startTestServer()
  const { acknowledged, socket } = await openRawSocket(graphql, {
    protocols: ['graphql-ws', 'chat', PROTOCOL],
  })
  expect(socket.protocol).toBe(PROTOCOL)
  await acknowledged()
})

test('a socket without a subprotocol is closed with 4406 and a sentence', async () => {
  const { graphql } = await startTestServer()
  const { closed } = await openRawSocket(graphql, { protocols: [] })
  expect(await closed).toMatchObject({ code: 4406, reason: expect.stringContaining(PROTOCOL) })
})

test.each([
  ['another subprotocol', '/graphql', { protocols: ['chat'] }, 400, PROTOCOL],
  ['another path', '/socket', { protocols: [PROTOCOL] }, 404, '/graphql'],
  [
    'a page of another origin',
    '/graphql',
    { protocols: [PROTOCOL], headers: { origin: 'https://evil.example' } },
    403,
    'ALLOWED_ORIGINS',
  ],
])('%s is refused with a sentence', async (_, path, opening, status, words) => {
  const { url } = await startTestServer()
  const refused = await refusedHandshake(`${url}${path}`, opening)
  expect(refused).toEqual({ status, message: expect.stringContaining(words) })
})

test('a socket above the limit is refused with a sentence', async () => {
  const connectionLimits = { process: 1, organization: 1, caller: 1 }
  const { graphql } = await startTestServer({ connectionLimits })
  await (await openRawSocket(graphql)).acknowledged()
  const refused = await refusedHandshake(graphql, { protocols: [PROTOCOL] })
  expect(refused).toEqual({ status: 503, message: expect.stringContaining('Try again in') })
})
