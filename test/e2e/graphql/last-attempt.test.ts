import { describe, expect, test } from 'vitest'
import type { Viewer } from '../../../src/access/authentication.ts'
import { readLastAttempts } from '../../../src/feed/last-attempt.ts'
import { createGraphqlWorld, statementsOf } from './world.ts'

const world = await createGraphqlWorld()

describe('the last attempt of a destination', () => {
  const LAST = '{ id number destination { id } delivery { event { type } } }'

  /** Creates destinations with two attempted events each. */
  async function createDestinations(count: number) {
    const viewer = await world.createViewer()
    for (let made = 0; made < count; made += 1) await world.createDestination(viewer)
    await world.publish(viewer, 2)
    await world.recordAttempts(viewer)
    return viewer
  }

  const read = (viewer: Viewer, selection = LAST) =>
    world.run(viewer, `{ destinations { nodes { id lastAttempt ${selection} } } }`)

  test('is its newest attempt, and null before the first one', async () => {
    const viewer = await createDestinations(2)
    const unused = await world.createDestination(viewer)
    const { organizationId } = viewer
    const { data } = await read(viewer)
    expect(data.destinations.nodes[0]).toEqual({ id: unused, lastAttempt: null })
    for (const { id, lastAttempt } of data.destinations.nodes.slice(1)) {
      const newest = await world.prisma.deliveryAttempt.findFirstOrThrow({
        where: { destinationId: id, organizationId },
        orderBy: { id: 'desc' },
      })
      const delivery = { event: { type: 'SUMMARY_CREATED' } }
      expect(lastAttempt).toEqual({ id: newest.id, number: 1, destination: { id }, delivery })
    }
  })

  test('is not read for ids of another organization', async () => {
    const { organizationId } = await createDestinations(2)
    const destinations = await world.prisma.destination.findMany({ where: { organizationId } })
    const ids = destinations.map(({ id }) => id)
    const stranger = await createDestinations(1)
    expect(await readLastAttempts(world.app.ports, organizationId, ids)).toHaveLength(2)
    expect(await readLastAttempts(world.app.ports, stranger.organizationId, ids)).toEqual([])
  })

  test('is read in as many statements for 25 destinations as for two', async () => {
    const [two, many] = [await createDestinations(2), await createDestinations(25)]
    const reading = (viewer: Viewer, selection?: string) =>
      statementsOf(() => read(viewer, selection), /^\s*select /i)
    // The destinations, and their attempts.
    expect(await reading(many, '{ id status attemptedAt }')).toHaveLength(2)
    expect(await reading(many)).toHaveLength((await reading(two)).length)
  })

  test('is as new as the change that a subscription emits', async () => {
    const viewer = await createDestinations(1)
    const { organizationId } = viewer
    const stream = await world.subscribe(
      viewer,
      'subscription { destinationChanged { name lastAttempt { id } } }',
    )
    /** Repeats a change until the subscription has begun. */
    const nextChange = async () => {
      const next = stream.next()
      for (;;) {
        const change = world.prisma.destination.updateMany({
          where: { organizationId },
          data: { name: 'CRM' },
        })
        const emitted = await Promise.race([next, change.then(() => null)])
        if (emitted) return emitted.value.data.destinationChanged
      }
    }
    const before = await nextChange()
    await world.recordAttempts(viewer)
    const after = await nextChange()
    expect(after.lastAttempt.id > before.lastAttempt.id).toBe(true)
    await stream.return(undefined)
  })
})
