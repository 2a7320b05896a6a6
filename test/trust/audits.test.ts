import { serverAudits } from 'graphql-http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask, listen } from '../helpers/raw-operation.ts'
import { createWorld, type World } from '../helpers/world.ts'

const CREATE = 'mutation { destinationCreate(input: { name: "forged" }) { __typename } }'
const FOREIGN = 'https://evil.example'

let world: World
beforeAll(async () => {
  world = await createWorld({ worker: false })
})
afterAll(() => world[Symbol.asyncDispose]())

async function destinations(): Promise<number> {
  return world.app.ports.db.prisma.destination.count()
}

/** Sends something that must change nothing, with the customer's key on it, as if a browser had added it. */
async function refused(path: string, init: RequestInit): Promise<Response> {
  const before = await destinations()
  const response = await fetch(`${world.url}/graphql${path}`, {
    ...init,
    headers: { authorization: `Bearer ${world.apiKey}`, origin: FOREIGN, ...init.headers },
  })
  expect(await destinations()).toBe(before)
  return response
}

test.each(['nobody', 'a customer'])(
  'the server passes all 61 audits of GraphQL over HTTP as %s',
  async (who) => {
    const key = { authorization: `Bearer ${world.apiKey}` }
    const fetchFn = (url: string, init: RequestInit = {}) =>
      fetch(url, { ...init, headers: { ...init.headers, ...(who === 'a customer' && key) } })
    const audits = serverAudits({ url: `${world.url}/graphql`, fetchFn })
    const results = await Promise.all(audits.map((audit) => audit.fn()))
    const faults = results.flatMap((result) =>
      result.status === 'ok' ? [] : [`${result.status}: ${result.name}: ${result.reason}`],
    )
    expect(faults).toEqual([])
    expect(results).toHaveLength(61)
  },
)

test('the operation of these tests is executed when it is sent as it should be', async () => {
  const before = await destinations()
  expect(await ask(world, CREATE)).toEqual({
    data: { destinationCreate: { __typename: 'Destination' } },
  })
  expect(await destinations()).toBe(before + 1)
})

describe('what another site can make a browser send executes nothing', () => {
  const form = new URLSearchParams({ query: CREATE }).toString()
  const part = `--x\r\nContent-Disposition: form-data; name="query"\r\n\r\n${CREATE}\r\n--x--\r\n`

  test.each([
    ['text/plain', JSON.stringify({ query: CREATE })],
    ['text/plain; application/json', JSON.stringify({ query: CREATE })],
    ['application/x-www-form-urlencoded', form],
    ['multipart/form-data; boundary=x', part],
  ])('a POST of %s', async (type, body) => {
    const response = await refused('', { method: 'POST', headers: { 'content-type': type }, body })
    expect(response.status).toBe(415)
  })

  test('a POST that names no content type', async () => {
    const body = new TextEncoder().encode(JSON.stringify({ query: CREATE }))
    expect((await refused('', { method: 'POST', body })).status).toBe(415)
  })

  test('a GET with a mutation', async () => {
    expect((await refused(`?query=${encodeURIComponent(CREATE)}`, {})).status).toBe(405)
  })

  test('a GET with a mutation beside a query', async () => {
    const query = encodeURIComponent(`query Q { __typename } ${CREATE.replace('{', 'M {')}`)
    expect((await refused(`?query=${query}&operationName=M`, {})).status).toBe(405)
  })

  test('a POST with the mutation in the URL', async () => {
    const path = `?query=${encodeURIComponent(CREATE)}`
    expect((await refused(path, { method: 'POST', body: form })).status).toBe(415)
  })

  test('a call with cookies but without a key', async () => {
    const before = await destinations()
    const headers = {
      cookie: `authorization=Bearer ${world.apiKey}; token=${world.apiKey}`,
      origin: FOREIGN,
      'content-type': 'application/json',
    }
    const body = JSON.stringify({ query: CREATE })
    const response = await fetch(`${world.url}/graphql`, { method: 'POST', headers, body })
    expect(await response.json()).toMatchObject({
      errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
    })
    expect(response.headers.get('access-control-allow-credentials')).toBeNull()
    expect(await destinations()).toBe(before)
  })

  test('a mutation as a stream of events, sent without a key', async () => {
    const before = await destinations()
    const { value } = await listen({ url: world.url }, CREATE).next()
    expect(value).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] })
    expect(await destinations()).toBe(before)
  })
})
