import { expect, test } from 'vitest'
import { createGraphqlWorld, statementsOf } from './world.ts'

const world = await createGraphqlWorld()

test('a log costs no more statements for many entries than for one', async () => {
  const viewer = await world.createViewer()
  const id = await world.createDestination(viewer)
  const show = 'mutation ($id: ID!) { destinationRevealSecret(id: $id) { __typename } }'
  for (let count = 0; count < 10; count += 1) await world.run(viewer, show, { id })
  const read = (first: number) => () =>
    world.run(
      viewer,
      `query ($id: ID!, $first: Int) {
        destination(id: $id) {
          auditLog(first: $first) { nodes { id action changed createdAt actor { kind id name } } }
        }
      }`,
      { id, first },
    )
  const statements = await statementsOf(read(25))
  expect(statements).toHaveLength((await statementsOf(read(1))).length)
  // The destination, its entries, and their keys.
  expect(statements).toHaveLength(3)
})
