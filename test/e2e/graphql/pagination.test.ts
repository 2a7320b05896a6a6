import { describe, expect, test } from 'vitest'
import { createGraphqlWorld } from './world.ts'

const world = await createGraphqlWorld()
const viewer = await world.createViewer()
const ids = (await world.publish(viewer, 5)).toReversed()

interface PageArguments {
  first?: number | null
  after?: string | null
  last?: number | null
  before?: string | null
}

async function page(variables: PageArguments) {
  const { data, errors } = await world.run(
    viewer,
    `query ($first: Int, $after: String, $last: Int, $before: String) {
      events(first: $first, after: $after, last: $last, before: $before) {
        nodes { id }
        edges { cursor node { id type } }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      }
    }`,
    variables,
  )
  return errors ? errors[0] : data.events
}

const RENAME = `mutation ($id: ID!) {
  destinationUpdate(id: $id, input: { name: "New" }) { __typename }
}`

const idsOf = ({ nodes }: { nodes: { id: string }[] }) => nodes.map(({ id }) => id)

describe('a list', () => {
  test('is read to its end, newest first, each item once', async () => {
    const seen: string[] = []
    let after: string | null = null
    for (const expected of [2, 2, 1]) {
      const { nodes, edges, pageInfo } = await page({ first: 2, after })
      expect(edges.map((edge: { node: { id: string } }) => ({ id: edge.node.id }))).toEqual(nodes)
      expect(nodes).toHaveLength(expected)
      expect(pageInfo).toEqual({
        hasNextPage: expected === 2,
        hasPreviousPage: after !== null,
        startCursor: edges[0].cursor,
        endCursor: edges.at(-1).cursor,
      })
      seen.push(...nodes.map(({ id }: { id: string }) => id))
      after = pageInfo.endCursor
    }
    expect(seen).toEqual(ids)
  })

  test('has 25 items by default and for null', async () => {
    expect((await page({ first: null, after: null })).nodes).toHaveLength(5)
  })

  test('with a full last page has no next page', async () => {
    expect((await page({ first: 5 })).pageInfo.hasNextPage).toBe(false)
    expect((await page({ after: ids.at(-1)! })).pageInfo).toEqual({
      hasNextPage: false,
      hasPreviousPage: true,
      startCursor: null,
      endCursor: null,
    })
  })

  test('continues at its position if the item of the cursor was deleted', async () => {
    const { edges } = await page({ first: 2 })
    const [extra] = await world.publish(viewer, 1)
    await world.prisma.event.delete({ where: { id: extra! } })
    expect((await page({ after: extra! })).nodes[0].id).toBe(edges[0].node.id)
  })

  test('is read backward from its end, newest first on each page, each item once', async () => {
    const seen: string[] = []
    let before: string | null = null
    for (const expected of [2, 2, 1]) {
      // As Relay sends it: what is not used is null.
      const one = await page({ first: null, after: null, last: 2, before })
      expect(one.nodes).toHaveLength(expected)
      expect(one.pageInfo).toEqual({
        hasNextPage: before !== null,
        hasPreviousPage: expected === 2,
        startCursor: one.edges[0].cursor,
        endCursor: one.edges.at(-1).cursor,
      })
      seen.unshift(...idsOf(one))
      before = one.pageInfo.startCursor
    }
    expect(seen).toEqual(ids)
    expect(idsOf(await page({ last: 2 }))).toEqual(ids.slice(-2))
  })

  test('has a page before each page and behind it, and one between two cursors', async () => {
    const [first, second, , fourth] = (await page({})).edges
    expect(idsOf(await page({ first: 1, after: first.cursor, before: fourth.cursor }))).toEqual([
      second.node.id,
    ])
    const between = await page({ last: 5, after: first.cursor, before: fourth.cursor })
    expect(idsOf(between)).toEqual(ids.slice(1, 3))
    expect(between.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false })
    const back = await page({ last: 1, before: fourth.cursor })
    expect(idsOf(back)).toEqual([ids[2]])
    expect(idsOf(await page({ first: 1, after: back.pageInfo.endCursor }))).toEqual([
      fourth.node.id,
    ])
  })

  test.each([0, -1, 101])('of the last %i items is refused', async (last) => {
    expect(await page({ last })).toMatchObject({
      message: `last must be 1 to 100, got ${last}.`,
      extensions: { code: 'BAD_USER_INPUT' },
    })
  })

  test.each([0, -1, -1000, 101])('of %i items is refused', async (first) => {
    expect(await page({ first })).toMatchObject({
      message: `first must be 1 to 100, got ${first}.`,
      extensions: { code: 'BAD_USER_INPUT' },
    })
  })

  test.each(['', 'x', 'evt_\u0000', 'R1BDOlM6', '{"id":1}'])(
    'after %j is refused',
    async (after) => {
      expect(await page({ after })).toMatchObject({
        message: 'after is not a cursor. Pass the startCursor or endCursor of a page unchanged.',
        extensions: { code: 'BAD_USER_INPUT' },
      })
    },
  )
})

describe('a cursor', async () => {
  const other = await world.createViewer()
  const destinations = await Promise.all([1, 2].map(() => world.createDestination(other)))
  const events = await world.publish(other, 3)
  await world.recordAttempts(other)
  await Promise.all(destinations.map((id) => world.run(other, RENAME, { id })))

  /** Every list of the API, with the selection that reads it. */
  const lists: [list: string, find: string][] = [
    ['destinations', '$PAGE'],
    ['events', '$PAGE'],
    ...destinations.flatMap((id): [string, string][] => [
      [`attempts of ${id}`, `destination(id: "${id}") { page: attempts$PAGE }`],
      [`deliveries of ${id}`, `destination(id: "${id}") { page: deliveries$PAGE }`],
      [`audit log of ${id}`, `destination(id: "${id}") { page: auditLog$PAGE }`],
    ]),
    ...events
      .slice(0, 2)
      .map((id): [string, string] => [
        `deliveries of ${id}`,
        `event(id: "${id}") { page: deliveries$PAGE }`,
      ]),
  ]

  async function read([name, find]: [string, string], args: string) {
    const selection = `(${args}) { nodes { id } pageInfo { endCursor hasPreviousPage } }`
    const field = find === '$PAGE' ? `page: ${name}${selection}` : find.replace('$PAGE', selection)
    const { data, errors } = await world.run(other, `{ ${field} }`)
    if (errors) return errors[0]
    return data.page ?? data.destination?.page ?? data.event.page
  }

  test.each(lists)(
    'of the %s continues that list, and every other list refuses it',
    async (...list) => {
      const first = await read(list, 'first: 1')
      const cursor = first.pageInfo.endCursor
      const next = await read(list, `first: 1, after: "${cursor}"`)
      expect(next.nodes).toHaveLength(1)
      expect(next.nodes[0].id < first.nodes[0].id).toBe(true)
      const back = await read(list, `last: 1, before: "${next.pageInfo.endCursor}"`)
      expect(back.nodes).toEqual(first.nodes)
      const others = lists.filter(([name]) => name !== list[0])
      for (const one of others) {
        for (const args of [`after: "${cursor}"`, `last: 1, before: "${cursor}"`]) {
          expect(await read(one, args)).toMatchObject({
            message: expect.stringContaining('is a cursor of another list'),
            extensions: { code: 'BAD_USER_INPUT' },
          })
        }
      }
    },
  )

  test('is one of the same list whatever its filter', async () => {
    const [id] = destinations
    const failed: [string, string] = ['failed', `destination(id: "${id}") { page: attempts$PAGE }`]
    const { nodes, pageInfo } = await read(failed, 'first: 1, filter: { statuses: [FAILED] }')
    const filter = 'filter: { statuses: [FAILED] }'
    const rest = await read(failed, `last: 100, after: "${pageInfo.endCursor}", ${filter}`)
    expect(rest.nodes).toHaveLength(2)
    const all = await read(failed, 'last: 100')
    expect(all.nodes).toEqual([...nodes, ...rest.nodes])
  })
})
