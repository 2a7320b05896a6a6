import { describe, expect, test } from 'vitest'
import { createGraphqlWorld } from './world.ts'

const world = await createGraphqlWorld()
const viewer = await world.createViewer()
const ids = (await world.publish(viewer, 5)).toReversed()

async function page(variables: { first?: number | null; after?: string | null }) {
  const { data, errors } = await world.run(
    viewer,
    `query ($first: Int, $after: String) {
      events(first: $first, after: $after) {
        nodes { id }
        edges { cursor node { id type } }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      }
    }`,
    variables,
  )
  return errors ? errors[0] : data.events
}

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

  test('has 25 items by default, which null means too', async () => {
    expect((await page({ first: null, after: null })).nodes).toHaveLength(5)
  })

  test('that is full has no next page when nothing follows', async () => {
    expect((await page({ first: 5 })).pageInfo.hasNextPage).toBe(false)
    expect((await page({ after: ids.at(-1)! })).pageInfo).toEqual({
      hasNextPage: false,
      hasPreviousPage: true,
      startCursor: null,
      endCursor: null,
    })
  })

  test('goes on from its place when the item of the cursor was deleted', async () => {
    const { edges } = await page({ first: 2 })
    const [extra] = await world.publish(viewer, 1)
    await world.prisma.event.delete({ where: { id: extra! } })
    expect((await page({ after: extra! })).nodes[0].id).toBe(edges[0].node.id)
  })

  test.each([0, -1, -1000, 101])('of %i items is refused', async (first) => {
    expect(await page({ first })).toMatchObject({
      message: `first is 1 to 100, got ${first}.`,
      extensions: { code: 'BAD_USER_INPUT' },
    })
  })

  test.each(['', 'x', 'evt_\u0000', 'R1BDOlM6', '{"id":1}'])(
    'after %j is refused',
    async (after) => {
      expect(await page({ after })).toMatchObject({
        message: 'after is no cursor. Use the endCursor of an earlier page as it came.',
        extensions: { code: 'BAD_USER_INPUT' },
      })
    },
  )
})
