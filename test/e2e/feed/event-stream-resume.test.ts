import { once } from 'node:events'
import http from 'node:http'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { type AttemptWriter, startAttemptWriter } from '../../helpers/attempt-writer.ts'
import { ask } from '../../helpers/raw-operation.ts'
import { createWorld, type World } from '../../helpers/world.ts'

let world: World
let writer: AttemptWriter
beforeAll(async () => {
  world = await createWorld({ worker: false })
  writer = await startAttemptWriter(world)
})
afterAll(async () => {
  await writer[Symbol.asyncDispose]()
  await world[Symbol.asyncDispose]()
})

interface StreamEvent {
  id: string | null
  // biome-ignore lint/suspicious/noExplicitAny: what comes back is what is to be proved
  data: any
}

/** Reads an event stream as EventSource does, for which an event without `id:` keeps the last id. */
async function* readEvents(
  query: string,
  { headers = {}, variables = {} }: { headers?: Record<string, string>; variables?: object },
): AsyncGenerator<StreamEvent> {
  const request = http.request(`${world.url}/graphql`, {
    method: 'POST',
    agent: false,
    headers: {
      authorization: `Bearer ${world.apiKey}`,
      accept: 'text/event-stream',
      'content-type': 'application/json',
      ...headers,
    },
  })
  onTestFinished(() => void request.destroy())
  request.end(JSON.stringify({ query, variables }))
  const [response] = (await once(request, 'response')) as [http.IncomingMessage]
  let text = ''
  for await (const chunk of response.setEncoding('utf8')) {
    const blocks = `${text}${chunk}`.split('\n\n')
    text = blocks.pop()!
    for (const block of blocks) {
      const data = /^data: (.+)$/m.exec(block)?.[1]
      const id = /^id: (.+)$/m.exec(block)?.[1] ?? null
      if (data) yield { id, data: JSON.parse(data) }
    }
  }
}

const ATTEMPTS = 'subscription ($after: ID) { deliveryAttempted(after: $after) { id cursor } }'

async function take(events: AsyncGenerator<StreamEvent>, count: number): Promise<StreamEvent[]> {
  const taken: StreamEvent[] = []
  while (taken.length < count) taken.push((await events.next()).value)
  await events.return(undefined)
  return taken
}

const idsOf = (events: StreamEvent[]) => events.map(({ data }) => data.data.deliveryAttempted.id)

test('each attempt on an event stream has its cursor as the id of the event', async () => {
  const [start, ...attempts] = await writer.record(3)
  const events = await take(readEvents(ATTEMPTS, { variables: { after: start } }), 2)
  expect(idsOf(events)).toEqual(attempts)
  for (const { id, data } of events) expect(id).toBe(data.data.deliveryAttempted.cursor)
  expect(events[0]?.id).not.toBe(events[1]?.id)
})

test('a client that reconnects with Last-Event-ID gets the attempts that it missed', async () => {
  const [start, ...attempts] = await writer.record(4)
  const variables = { after: start }
  const [, second] = await take(readEvents(ATTEMPTS, { variables }), 2)
  const headers = { 'last-event-id': second!.id! }
  const resumed = readEvents(ATTEMPTS, { variables, headers })
  expect(idsOf([(await resumed.next()).value])).toEqual([attempts[2]])
  const [later] = await writer.record(1)
  expect(idsOf([(await resumed.next()).value])).toEqual([later])
})

test('a client can resume after the destination of its last attempt was deleted', async () => {
  const other = await startAttemptWriter(world)
  onTestFinished(() => other[Symbol.asyncDispose]())
  const [start] = await writer.record(1)
  await other.record(1)
  const [last] = await take(readEvents(ATTEMPTS, { variables: { after: start } }), 1)
  const deletion = `mutation { destinationDelete(id: "${other.destinationId}") { __typename } }`
  expect(await ask(world, deletion)).not.toHaveProperty('errors')
  const [missed] = await writer.record(1)
  const headers = { 'last-event-id': last!.id! }
  expect(idsOf(await take(readEvents(ATTEMPTS, { headers }), 1))).toEqual([missed])
})

test.each(['nonsense', 'att_01m80a6z3wf27vqkbf55f850wb'])(
  'the Last-Event-ID "%s" is refused with a sentence that names it',
  async (id) => {
    const headers = { 'last-event-id': id }
    const { value } = await readEvents(ATTEMPTS, { headers }).next()
    expect(value.data.errors).toMatchObject([
      { message: expect.stringContaining('Last-Event-ID'), extensions: { code: 'BAD_USER_INPUT' } },
    ])
  },
)

test('an empty Last-Event-ID counts as none, and a stream without cursors has no ids', async () => {
  const headers = { 'last-event-id': '' }
  const events = readEvents('subscription { destinationChanged { name } }', { headers })
  const first = events.next()
  let isChanged = false
  const changed = first.finally(() => {
    isChanged = true
  })
  // The subscription begins some time after the request, and emits no earlier change. An equal name changes nothing.
  for (let number = 1; !isChanged; number += 1) {
    const change = `mutation { destinationUpdate(id: "${writer.destinationId}", input: { name: "${number}" }) { __typename } }`
    expect(await ask(world, change)).not.toHaveProperty('errors')
  }
  expect(await changed).toMatchObject({ value: { id: null } })
})
