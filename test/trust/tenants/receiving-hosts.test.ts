import { expect, onTestFinished, test, vi } from 'vitest'
import { graphql } from '../../../src/generated/graphql/gql.ts'
import { MAX_SENDS_PER_HOST } from '../../../src/publishing/host-limit.ts'
import { activeDestination } from '../../helpers/operations.ts'
import { ask } from '../../helpers/raw-operation.ts'
import { createWorld } from '../../helpers/world.ts'

const SendTest = graphql(`
  mutation TestSendToHost($id: ID!) {
    destinationSendTest(id: $id, event: TODO_CREATED) { __typename }
  }
`)

/** Test sends in one operation. */
const BATCH = 25

test('a host gets a limited number of test sends in a minute, of which other organizations get a part', async () => {
  await using world = await createWorld({ worker: false })
  const { client } = world
  // The minute does not end during the test.
  vi.useFakeTimers({ toFake: ['performance'] })
  onTestFinished(() => void vi.useRealTimers())
  const other = await world.clientFor('Other')
  const url = (path: string) => `http://hooks.third-party.com/${path}`
  const hostile = await activeDestination(client, { url: url('hostile') })
  const quiet = await activeDestination(other, { url: url('quiet') })
  const elsewhere = await activeDestination(client, { url: 'http://hooks.elsewhere.com/' })
  const fields = Array.from(
    { length: BATCH },
    (_, index) =>
      `s${index}: destinationSendTest(id: "${hostile.id}", event: TODO_CREATED) { __typename }`,
  )

  let codes: unknown[] = []
  for (let sent = 0; sent < MAX_SENDS_PER_HOST; sent += BATCH) {
    const { errors = [] } = await ask(world, `mutation { ${fields.join('\n')} }`)
    codes = codes.concat(errors.map(({ extensions }) => extensions))
  }
  // 4/5 of the limit were sent.
  expect(codes).toHaveLength(MAX_SENDS_PER_HOST / 5)
  for (const code of codes) {
    expect(code).toEqual({ code: 'RATE_LIMITED', retryAfterSeconds: expect.any(Number) })
  }
  const [{ count } = { count: 0 }] = await world.app.ports.db.query<{ count: number }>(
    'select count(*)::int as count from delivery',
  )
  expect(count).toBe((MAX_SENDS_PER_HOST * 4) / 5)

  const sent = { destinationSendTest: { __typename: 'Delivery' } }
  expect(await other.request(SendTest, { id: quiet.id })).toEqual(sent)
  expect(await client.request(SendTest, { id: elsewhere.id })).toEqual(sent)

  vi.advanceTimersByTime(60_000)
  expect(await client.request(SendTest, { id: hostile.id })).toEqual(sent)
})
