import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { overSocket } from '../../helpers/pausable-subscriber.ts'
import { ask, codesOf, listen } from '../../helpers/raw-operation.ts'
import { createWorld, type World } from '../../helpers/world.ts'

let world: World
beforeAll(async () => {
  world = await createWorld({ worker: false })
})
afterAll(() => world[Symbol.asyncDispose]())

describe('an operation that uses a large variable often is refused before anything is built', () => {
  const data = (count: number) =>
    `{ event: TODO_CREATED, data: { ${Array.from({ length: count }, (_, index) => `f${index}: $large`)} } }`

  test.each([
    ['450 times in one call', `inputs: [${Array.from({ length: 10 }, () => data(45))}]`],
    ['480 times in one event', `inputs: [${data(480)}]`],
  ])('%s', async (_, inputs) => {
    const query = `mutation ($large: JSON!) { eventPublishMany(${inputs}) { __typename } }`
    const answer = await ask(world, query, { large: 'x'.repeat(900_000) })
    expect(codesOf(answer)).toEqual(['QUERY_TOO_COMPLEX'])
    expect(answer.errors![0]!.message).toContain('at most 2000000')
    expect(await world.app.ports.db.query('select from event')).toEqual([])
  })

  test('in fragments that are spread in fragments', async () => {
    const query = `query ($large: String) { ...A ...A }
      fragment A on Query { ...B ...B }
      fragment B on Query { destinations(filter: { search: $large }) { totalCount } }`
    expect(codesOf(await ask(world, query, { large: 'x'.repeat(600_000) }))).toEqual([
      'QUERY_TOO_COMPLEX',
    ])
  })
})

test.each([
  ['destinations', 'search', 2_048],
  ['events', 'relatedTo', 255],
])(
  '%s(filter: { %s }) compares no text that is longer than what it is compared with',
  async (list, field, limit) => {
    const query = `query ($text: String) { ${list}(filter: { ${field}: $text }) { nodes { id } } }`
    const search = (length: number) => ask(world, query, { text: 'x'.repeat(length) })
    expect(await search(limit)).toEqual({ data: { [list]: { nodes: [] } } })
    const answer = await search(limit + 1)
    expect(codesOf(answer)).toEqual(['BAD_USER_INPUT'])
    expect(answer.errors![0]!.message).toContain(String(limit))
  },
)

describe.each([
  ['that it declares', { after: 'x'.repeat(60_000) }],
  ['that it does not declare', { other: 'x'.repeat(900_000) }],
])('a subscription with large variables %s, which would be kept, is refused', (_, variables) => {
  const query = 'subscription ($after: ID) { deliveryAttempted(after: $after) { id } }'

  test('over server-sent events', async () => {
    const [answer] = await Array.fromAsync(listen(world, query, variables))
    expect(codesOf(answer!)).toEqual(['QUERY_TOO_COMPLEX'])
  })

  test('over a WebSocket', async () => {
    const answer = Promise.withResolvers<string>()
    await overSocket(world, { query, variables }, answer.resolve)
    expect(await answer.promise).toContain('QUERY_TOO_COMPLEX')
  })
})
