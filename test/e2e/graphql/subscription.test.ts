import { describe, expect, test } from 'vitest'
import { createGraphqlWorld, statementsOf } from './world.ts'

const world = await createGraphqlWorld()

const ATTEMPTED = `subscription ($destinationId: ID, $eventTypes: [EventType!], $statuses: [AttemptStatus!], $after: ID) {
  deliveryAttempted(destinationId: $destinationId, eventTypes: $eventTypes, statuses: $statuses, after: $after) {
    id number eventType status failure { code }
  }
}`

async function createHistory(count: number) {
  const viewer = await world.createViewer()
  const destinationId = await world.createDestination(viewer)
  await world.publish(viewer, count)
  await world.recordAttempts(viewer)
  const { organizationId } = viewer
  const attempts = await world.prisma.deliveryAttempt.findMany({
    where: { organizationId },
    orderBy: { id: 'asc' },
  })
  return { viewer, destinationId, attempts: attempts.map(({ id }) => id) }
}

describe('deliveryAttempted', () => {
  test('continues after an attempt, and takes no statement for the attempt itself', async () => {
    const { viewer, attempts } = await createHistory(3)
    const stream = await world.subscribe(viewer, ATTEMPTED, { after: attempts[0] })
    const { value: second } = await stream.next()
    expect(second.data.deliveryAttempted).toEqual({
      id: attempts[1],
      number: 1,
      eventType: 'SUMMARY_CREATED',
      status: 'FAILED',
      failure: { code: 'HTTP_STATUS' },
    })
    const statements = await statementsOf(async () => {
      const { value: third } = await stream.next()
      expect(third.data.deliveryAttempted.id).toBe(attempts[2])
    })
    expect(statements).toEqual([])
    await stream.return(undefined)
  })

  test('emits nothing for a destination id that PostgreSQL cannot store', async () => {
    const { viewer, attempts } = await createHistory(2)
    const nobodys = { after: attempts[0], destinationId: 'whk_\u0000' }
    const stream = await world.subscribe(viewer, ATTEMPTED, nobodys)
    const all = await world.subscribe(viewer, ATTEMPTED, { after: attempts[0] })
    const nothing = stream.next()
    await all.next()
    expect(await Promise.race([nothing, 'still waiting'])).toBe('still waiting')
    await all.return(undefined)
    await stream.return(undefined)
    expect(await nothing).toMatchObject({ done: true })
  })

  test('reads the relations of an attempt if they are selected', async () => {
    const { viewer, destinationId, attempts } = await createHistory(2)
    const stream = await world.subscribe(
      viewer,
      `subscription ($after: ID) {
        deliveryAttempted(after: $after) { destination { id } delivery { event { type data } attempts { id } } }
      }`,
      { after: attempts[0] },
    )
    const { value } = await stream.next()
    expect(value.errors).toBeUndefined()
    expect(value.data.deliveryAttempted).toMatchObject({
      destination: { id: destinationId },
      delivery: { event: { type: 'SUMMARY_CREATED' }, attempts: [{ id: attempts[1] }] },
    })
    await stream.return(undefined)
  })

  test('skips attempts that its filter excludes', async () => {
    const { viewer, destinationId, attempts } = await createHistory(2)
    const filter = { destinationId, eventTypes: ['SUMMARY_CREATED'], statuses: ['FAILED'] }
    const stream = await world.subscribe(viewer, ATTEMPTED, { after: attempts[0], ...filter })
    const { value } = await stream.next()
    expect(value.data.deliveryAttempted.id).toBe(attempts[1])
    await stream.return(undefined)
  })

  test('does not start after an attempt of another organization', async () => {
    const { attempts } = await createHistory(1)
    const stranger = await world.createViewer()
    for (const after of [attempts[0], 'att_0', 'x\u0000']) {
      const stream = await world.subscribe(stranger, ATTEMPTED, { after })
      const error = stream.errors?.[0] ?? (await stream.next().catch((thrown) => thrown))
      expect(error.extensions).toEqual({ code: 'BAD_USER_INPUT' })
      expect(error.message).toContain('Subscribe without it')
    }
  })

  test('emits nothing for a destination of another organization', async () => {
    const { destinationId } = await createHistory(1)
    const { viewer: stranger, attempts } = await createHistory(2)
    const others = await world.subscribe(stranger, ATTEMPTED, { after: attempts[0], destinationId })
    const own = await world.subscribe(stranger, ATTEMPTED, { after: attempts[0] })
    const nothing = others.next()
    await own.next()
    expect(await Promise.race([nothing, 'still waiting'])).toBe('still waiting')
    await own.return(undefined)
    await others.return(undefined)
    expect(await nothing).toMatchObject({ done: true })
  })
})

/** Changes a destination repeatedly until the subscription emits: changes before the subscription has begun are not emitted. */
async function changedUntilEmitted<Change>(next: Promise<Change>, id: string): Promise<Change> {
  let emitted = false
  const change = next.finally(() => {
    emitted = true
  })
  for (let number = 1; !emitted; number += 1) {
    await world.prisma.destination.update({ where: { id }, data: { name: `Change ${number}` } })
  }
  return change
}

describe('destinationChanged', () => {
  test('emits the current state of a destination, with its secret', async () => {
    const viewer = await world.createViewer()
    const stream = await world.subscribe(
      viewer,
      'subscription { destinationChanged { id name status secret { masked } } }',
    )
    const id = await world.createDestination(viewer)
    const { value } = await changedUntilEmitted(stream.next(), id)
    expect(value.data.destinationChanged).toMatchObject({
      id,
      secret: { masked: expect.stringMatching(/^wsec_/) },
    })
    await stream.return(undefined)
  })

  test('ends at once when its consumer leaves, also without a change', async () => {
    const stream = await world.subscribe(
      await world.createViewer(),
      'subscription { destinationChanged { id } }',
    )
    const nothing = stream.next()
    await stream.return(undefined)
    expect(await nothing).toMatchObject({ done: true })
  })

  test('skips a destination that was deleted meanwhile', async () => {
    const viewer = await world.createViewer()
    const source = 'subscription { destinationChanged { id } }'
    const stream = await world.subscribe(viewer, source)
    const gone = await world.createDestination(viewer)
    await changedUntilEmitted(stream.next(), gone)
    await world.prisma.destination.update({ where: { id: gone }, data: { name: 'going' } })
    await world.prisma.destination.delete({ where: { id: gone } })
    const kept = await world.createDestination(viewer)
    for (;;) {
      const { value } = await stream.next()
      expect(value.errors).toBeUndefined()
      if (value.data.destinationChanged.id === kept) break
    }
    await stream.return(undefined)
  })
})
