import { expect, test } from 'vitest'
import { openRawSocket } from './raw-socket.ts'
import { startTestServer } from './test-server.ts'

const subscribe = (query: string, id = '1') => ({ type: 'subscribe', id, payload: { query } })
const complete = (id = '1') => ({ type: 'complete', id })
const next = (data: object, id = '1') => ({ type: 'next', id, payload: { data } })

async function open() {
  const server = await startTestServer()
  const socket = await openRawSocket(server.graphql)
  await socket.acknowledged()
  return { ...server, ...socket }
}

test('an operation that reuses the id of a completed one starts', async () => {
  const { receivedUntil, send, world } = await open()
  send(subscribe('subscription { count(to: 1) }'))
  await receivedUntil((messages) => messages.length === 1)
  send(complete(), subscribe('subscription { count(to: 2) }'))
  expect(await receivedUntil((messages) => messages.length === 3)).toEqual([
    next({ count: 1 }),
    next({ count: 1 }),
    next({ count: 2 }),
  ])
  expect(world.openStreams).toBe(1)
  send(complete())
  await expect.poll(() => world.openStreams).toBe(0)
})

test('an operation that reuses the id of one that was completed before it started starts', async () => {
  const { receivedUntil, send, world } = await open()
  const first = subscribe('subscription { count(to: 1) }')
  send(first, complete(), first, complete(), subscribe('subscription { count(to: 2) }'))
  expect(await receivedUntil((messages) => messages.length === 2)).toEqual([
    next({ count: 1 }),
    next({ count: 2 }),
  ])
  await expect.poll(() => world.openStreams).toBe(1)
})

test('a new operation waits for an unfinished query with the same id, and gets its own result only', async () => {
  const { receivedUntil, send, world } = await open()
  send(subscribe('{ slow }'))
  await world.started.promise
  send(complete(), subscribe('{ viewer }'), subscribe('{ viewer }', 'other'))
  await receivedUntil((messages) => messages.some(({ type }) => type === 'complete'))
  world.finish.resolve()
  const messages = await receivedUntil(
    (all) => all.filter(({ type }) => type === 'complete').length === 2,
  )
  expect(messages).toEqual([
    next({ viewer: 'org_1' }, 'other'),
    complete('other'),
    next({ viewer: 'org_1' }),
    complete(),
  ])
})

test('a waiting operation never starts if its client disconnects', async () => {
  const { receivedUntil, send, world } = await open()
  send(subscribe('{ slow }'))
  await world.started.promise
  send(complete(), subscribe('{ viewer }'), complete(), subscribe('{ echo(text: "x") }'))
  send({ type: 'ping' })
  await receivedUntil((all) => all.length === 1)
  world.finish.resolve()
  const messages = await receivedUntil((all) => all.at(-1)?.type === 'complete')
  expect(messages).toEqual([{ type: 'pong' }, next({ echo: 'x' }), complete()])
  expect(world.resolved).toBe(0)
})

test.each([
  ['a second operation', [subscribe('{ slow }'), subscribe('{ viewer }')]],
  [
    'a second waiting operation',
    [subscribe('{ slow }'), complete(), subscribe('{ viewer }'), subscribe('{ viewer }')],
  ],
])('%s of an id in use closes the socket with 4409', async (_, messages) => {
  const { closed, send, world } = await open()
  send(...messages)
  expect((await closed).code).toBe(4409)
  world.finish.resolve()
})

test('operations that were completed count for the cap until they have ended', async () => {
  const { receivedUntil, send, world } = await open()
  for (let id = 0; id < 20; id++) send(subscribe('{ slow }', `${id}`), complete(`${id}`))
  send(subscribe('{ viewer }', 'one more'))
  const [message] = await receivedUntil((messages) => messages.length === 1)
  expect(message).toMatchObject({
    id: 'one more',
    type: 'error',
    payload: [{ extensions: { code: 'RATE_LIMITED' } }],
  })
  world.finish.resolve()
})
