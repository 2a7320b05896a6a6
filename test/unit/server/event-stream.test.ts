import { expect, test, vi } from 'vitest'
import { eventually } from '../../helpers/eventually.ts'
import { KEY, post, startTestServer } from './test-server.ts'

const subscribe = (url: string, query: string, authorization = KEY) =>
  post(url, { query }, { authorization, accept: 'text/event-stream' })

/** The events of a stream as an EventSource would give them: name and data. */
async function* eventsOf(response: Response) {
  let text = ''
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk
    const blocks = text.split('\n\n')
    text = blocks.pop() ?? ''
    for (const block of blocks) {
      const name = /^event: (.*)$/m.exec(block)?.[1]
      const data = /^data: (.*)$/m.exec(block)?.[1]
      if (name) yield { name, data: data ? JSON.parse(data) : null }
    }
  }
}

test('a subscription gets what is pushed, and its source ends when the client leaves', async () => {
  const { graphql, world } = await startTestServer()
  const response = await subscribe(graphql, 'subscription { count(to: 2) }')
  expect(response.headers.get('content-type')).toBe('text/event-stream')
  const events = eventsOf(response)
  expect((await events.next()).value).toEqual({ name: 'next', data: { data: { count: 1 } } })
  expect((await events.next()).value).toEqual({ name: 'next', data: { data: { count: 2 } } })
  expect(world.openStreams).toBe(1)
  await events.return()
  await eventually(() => expect(world.openStreams).toBe(0))
})

test('a stream without a key emits an error and completes', async () => {
  const { graphql, world } = await startTestServer()
  const response = await subscribe(graphql, 'subscription { count(to: 2) }', 'Bearer bmk_wrong')
  const events = await Array.fromAsync(eventsOf(response))
  expect(events).toMatchObject([
    { name: 'next', data: { errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] } },
    { name: 'complete' },
  ])
  expect(world.openStreams).toBe(0)
})

test('a waiting stream whose key is revoked emits an error and completes', async () => {
  const { graphql, world } = await startTestServer()
  const events = eventsOf(await subscribe(graphql, 'subscription { count(to: 1) }'))
  await events.next()
  world.keys.clear()
  expect((await events.next()).value).toMatchObject({
    data: { errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] },
  })
  expect((await events.next()).value).toMatchObject({ name: 'complete' })
  expect(world.openStreams).toBe(0)
})

test('an error of the source of a stream is masked and contains the request id', async () => {
  const { graphql, world } = await startTestServer()
  const response = await subscribe(graphql, 'subscription { break }')
  const events = await Array.fromAsync(eventsOf(response))
  expect(JSON.stringify(events)).not.toContain('secret detail')
  const requestId = response.headers.get('x-request-id')
  expect(events).toMatchObject([
    { data: { data: { break: 1 } } },
    { data: { errors: [{ extensions: { code: 'INTERNAL_SERVER_ERROR', requestId } }] } },
    { name: 'complete' },
  ])
  expect(world.log).toMatchObject([{ requestId }])
})

test('a source is not pulled for a client that does not read', async () => {
  const { graphql, world } = await startTestServer()
  const response = await subscribe(graphql, 'subscription { flood }')
  let before = -1
  await vi.waitFor(
    () => {
      const now = world.pulled
      const still = now > 0 && now === before
      before = now
      expect(still).toBe(true)
    },
    { interval: 300, timeout: 10_000 },
  )
  expect(world.pulled).toBeLessThan(1_000)
  await response.body?.cancel()
  await eventually(() => expect(world.openStreams).toBe(0))
})

test('a row that is deleted while a stream reads it is skipped', async () => {
  const { graphql, world } = await startTestServer()
  const response = await subscribe(graphql, 'subscription { shaky { name } }')
  const events = await Array.fromAsync(eventsOf(response))
  expect(events).toEqual([
    { name: 'next', data: { data: { shaky: { name: 'first' } } } },
    { name: 'next', data: { data: { shaky: { name: 'third' } } } },
    { name: 'complete', data: null },
  ])
  expect(world.log).toEqual([])
})
