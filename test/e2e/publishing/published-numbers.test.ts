import { once } from 'node:events'
import { afterAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { todo } from '../../helpers/operations.ts'
import type { RawAnswer } from '../../helpers/raw-operation.ts'
import { createWorld } from '../../helpers/world.ts'

const world = await createWorld({ worker: false })
afterAll(() => world[Symbol.asyncDispose]())
const authorization = `Bearer ${world.apiKey}`

const ANSWER = '{ __typename ... on ValidationError { issues { path message } } }'
const PUBLISH = `mutation ($input: EventPublishInput!) { eventPublish(input: $input) ${ANSWER} }`
const PUBLISH_MANY = `mutation ($inputs: [EventPublishInput!]!) { eventPublishMany(inputs: $inputs) ${ANSWER} }`
const PUBLISH_DATA = `mutation ($data: JSON!) { eventPublish(input: { event: TODO_CREATED, data: $data }) ${ANSWER} }`

/** The data of a valid event with one more field, as JSON text: JSON.stringify would change the number. */
const dataWith = (field: string) => `{${field},${JSON.stringify(todo('Call back')).slice(1)}`

/** The same as a GraphQL literal, whose keys have no quotes. */
const literalWith = (field: string) => dataWith(field).replaceAll(/"(\w+)":/g, '$1:')

const operation = (query: string, variables: string) =>
  `{"query":${JSON.stringify(query)},"variables":${variables}}`

async function overHttp(body: string): Promise<RawAnswer> {
  const headers = { authorization, 'content-type': 'application/json' }
  const response = await fetch(`${world.url}/graphql`, { method: 'POST', headers, body })
  return (await response.json()) as RawAnswer
}

async function overEventStream(body: string): Promise<RawAnswer> {
  const headers = { authorization, 'content-type': 'application/json', accept: 'text/event-stream' }
  const response = await fetch(`${world.url}/graphql`, { method: 'POST', headers, body })
  const [, data = ''] = /^data: (.+)$/m.exec(await response.text()) ?? []
  return JSON.parse(data) as RawAnswer
}

async function overSocket(body: string, asBytes = false): Promise<RawAnswer> {
  const socket = new WebSocket(`${world.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
  try {
    await once(socket, 'open')
    socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization } }))
    await once(socket, 'message')
    const message = `{"id":"1","type":"subscribe","payload":${body}}`
    socket.send(asBytes ? Buffer.from(message) : message)
    const [answer] = await once(socket, 'message')
    return JSON.parse(String(answer)).payload
  } finally {
    socket.terminate()
  }
}

const doors: [door: string, (body: string) => Promise<RawAnswer>][] = [
  ['HTTP', overHttp],
  ['an event stream', overEventStream],
  ['a WebSocket', (body) => overSocket(body)],
  ['a WebSocket in binary frames', (body) => overSocket(body, true)],
]

const forms: [form: string, (field: string) => { body: string; root: string[] }][] = [
  [
    'a variable of one event',
    (field) => ({
      body: operation(PUBLISH, `{"input":{"event":"TODO_CREATED","data":${dataWith(field)}}}`),
      root: ['data'],
    }),
  ],
  [
    'a variable of one event among many',
    (field) => {
      const inputs = ['"fine":1', field].map(
        (one) => `{"event":"TODO_CREATED","data":${dataWith(one)}}`,
      )
      return { body: operation(PUBLISH_MANY, `{"inputs":[${inputs}]}`), root: ['1', 'data'] }
    },
  ],
  [
    'a variable of its own',
    (field) => ({
      body: operation(PUBLISH_DATA, `{"data":${dataWith(field)}}`),
      root: ['data'],
    }),
  ],
  [
    'the default of a variable',
    (field) => ({
      body: operation(PUBLISH_DATA.replace('JSON!', `JSON! = ${literalWith(field)}`), '{}'),
      root: ['data'],
    }),
  ],
  [
    'a literal',
    (field) => ({
      body: operation(
        PUBLISH_DATA.replace('($data: JSON!)', '').replace('$data', literalWith(field)),
        '{}',
      ),
      root: ['data'],
    }),
  ],
]

const numbers: [what: string, field: string, path: string[]][] = [
  ['a long id', '"crm_id":50755254975729665', ['crm_id']],
  ['a long negative id', '"crm_id": -50755254975729665', ['crm_id']],
  ['one more than a double counts', '"crm_id":9007199254740993', ['crm_id']],
  ['a long decimal', '"score":0.1234567890123456789', ['score']],
  ['a nested number', '"a":{"b":[1,{"c":50755254975729665}]}', ['a', 'b', '1', 'c']],
  ['a number beyond all doubles', '"size":1e400', ['size']],
  ['a number below all doubles', '"size":1e-400', ['size']],
]

const countEvents = async () => (await world.app.ports.db.query('select from event')).length

describe.each(doors)('over %s', (_door, ask) => {
  describe.each(forms)('in %s', (_form, asking) => {
    test.each(numbers)('%s is refused with its path', async (_what, field, path) => {
      const events = await countEvents()
      const { body, root } = asking(field)
      const { data, errors } = await ask(body)
      expect(errors).toBeUndefined()
      expect(data.eventPublish ?? data.eventPublishMany).toEqual({
        __typename: 'ValidationError',
        issues: [{ path: [...root, ...path], message: expect.stringContaining('as a string') }],
      })
      expect(await countEvents()).toBe(events)
    })

    test('numbers that a double represents exactly are delivered, in any notation', async () => {
      const field =
        '"a":[1.0,1e2,-0,0.10,0.30000000000000004,9007199254740992,5e-324,"50755254975729665"]'
      const { data } = await ask(asking(field).body)
      expect(data.eventPublish ?? data.eventPublishMany).toEqual({
        __typename: expect.stringMatching(/^Events?Published$/),
      })
      const [event] = await world.app.ports.db.query<{ data: string }>(
        'select data from event order by id desc limit 1',
      )
      expect(event?.data).toContain(
        '"a":[1,100,0,0.1,0.30000000000000004,9007199254740992,5e-324,"50755254975729665"]',
      )
    })
  })
})

test('a lone half of a surrogate pair arrives as the escape that it was', async () => {
  const body = operation(PUBLISH_DATA, `{"data":${dataWith('"text":"a\\ud83d","\\ude80":1')}}`)
  expect((await overHttp(body)).data.eventPublish.__typename).toBe('EventPublished')
  const [event] = await world.app.ports.db.query<{ data: string }>(
    'select data from event order by id desc limit 1',
  )
  expect(event?.data).toContain('"text":"a\\ud83d","\\ude80":1')
})

test.each(['50755254975729665', '9007199254740993', '1.00000000000000000001'])(
  'the variable %s of a GET is refused by an Int and by an ID',
  async (number) => {
    const asked = [
      '($value: Int) { events(first: $value) { nodes { id } } }',
      '($value: ID!) { event(id: $value) { id } }',
    ].map(async (query) => {
      const parameters = new URLSearchParams({
        query: `query ${query}`,
        variables: `{"value":${number}}`,
      })
      const response = await fetch(`${world.url}/graphql?${parameters}`, {
        headers: { authorization },
      })
      return (await response.json()) as RawAnswer
    })
    for (const { errors } of await Promise.all(asked)) {
      expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
    }
  },
)
