import { describe, expect, test } from 'vitest'
import { createGraphqlWorld, statementsOf, summary } from './world.ts'

const world = await createGraphqlWorld()

async function createHistory(count: number) {
  const viewer = await world.createViewer()
  const destinationId = await world.createDestination(viewer)
  const eventIds = await world.publish(viewer, count)
  await world.recordAttempts(viewer)
  return { viewer, destinationId, eventIds }
}

describe('a delivery', () => {
  test('shows its status, its payload and its attempts, oldest first', async () => {
    const { viewer, destinationId, eventIds } = await createHistory(1)
    await world.recordAttempts(viewer)
    const { data } = await world.run(
      viewer,
      `query ($id: ID!) {
        event(id: $id) {
          timestamp
          deliveries {
            nodes {
              status test attemptCount retryCount nextAttemptAt completedAt payload
              destination { id }
              attempts { number retryCount status eventType responseCode failure { code message } }
            }
          }
        }
      }`,
      { id: eventIds[0] },
    )
    const [delivery] = data.event.deliveries.nodes
    expect(delivery).toMatchObject({
      status: 'PENDING',
      test: false,
      attemptCount: 2,
      retryCount: 1,
      nextAttemptAt: expect.stringMatching(/Z$/),
      completedAt: null,
      destination: { id: destinationId },
    })
    expect(JSON.parse(delivery.payload)).toMatchObject({
      event: 'summary_created',
      data: summary().data,
      webhook_id: destinationId,
      timestamp: data.event.timestamp,
    })
    expect(delivery.attempts[0]).toEqual({
      number: 1,
      retryCount: 0,
      status: 'FAILED',
      eventType: 'SUMMARY_CREATED',
      responseCode: 500,
      failure: { code: 'HTTP_STATUS', message: 'The receiver answered 500.' },
    })
    expect(delivery.attempts[1]).toMatchObject({ number: 2, retryCount: 1 })
  })

  test('is due only while it is PENDING', async () => {
    const { viewer, destinationId } = await createHistory(1)
    await world.prisma.delivery.updateMany({ where: { destinationId }, data: { status: 'FAILED' } })
    const { data } = await world.run(
      viewer,
      'query ($id: ID!) { destination(id: $id) { deliveries { nodes { nextAttemptAt } } } }',
      { id: destinationId },
    )
    expect(data.destination.deliveries.nodes).toEqual([{ nextAttemptAt: null }])
  })

  test('is sent again if its destination is ACTIVE, and otherwise returns the status of the destination', async () => {
    const { viewer, destinationId } = await createHistory(1)
    const where = { destinationId }
    await world.prisma.delivery.updateMany({ where, data: { status: 'FAILED', dueAt: null } })
    const { id } = await world.prisma.delivery.findFirstOrThrow({ where })
    const retry = async () => {
      const { data } = await world.run(
        viewer,
        `mutation ($id: ID!) {
          deliveryRetry(id: $id) {
            ... on Delivery { id status attemptCount }
            ... on DestinationInactiveError { destinationStatus: status }
          }
        }`,
        { id },
      )
      return data.deliveryRetry
    }
    expect(await retry()).toEqual({ id, status: 'PENDING', attemptCount: 1 })
    await world.prisma.destination.update({
      where: { id: destinationId },
      data: { status: 'DISABLED' },
    })
    expect(await retry()).toEqual({ destinationStatus: 'DISABLED' })
  })
})

describe('the history of a destination', () => {
  test('is read in as many statements for 25 attempts as for one', async () => {
    const { viewer, destinationId } = await createHistory(25)
    const read = (first: number) => () =>
      world.run(
        viewer,
        `query ($id: ID!, $first: Int) {
          destination(id: $id) {
            attempts(first: $first) {
              nodes { destination { name secret { masked } } delivery { payload attempts { number } event { type data } } }
            }
          }
        }`,
        { id: destinationId, first },
      )
    const one = await statementsOf(read(1))
    const all = await statementsOf(read(25))
    expect(all).toHaveLength(one.length)
    expect(all.length).toBeLessThanOrEqual(8)
  })

  test('is filtered by the status and event type of attempts and deliveries', async () => {
    const { viewer, destinationId } = await createHistory(2)
    const count = async (attempts: object, deliveries: object) => {
      const { data } = await world.run(
        viewer,
        `query ($id: ID!, $attempts: AttemptFilter, $deliveries: DeliveryFilter) {
          destination(id: $id) {
            attempts(filter: $attempts) { nodes { id } }
            deliveries(filter: $deliveries) { nodes { id } }
          }
        }`,
        { id: destinationId, attempts, deliveries },
      )
      return [data.destination.attempts.nodes.length, data.destination.deliveries.nodes.length]
    }
    expect(await count({ statuses: ['FAILED'] }, { statuses: ['PENDING', 'FAILED'] })).toEqual([
      2, 2,
    ])
    expect(await count({ statuses: ['SUCCEEDED'] }, { statuses: ['SUCCEEDED'] })).toEqual([0, 0])
    expect(
      await count({ eventTypes: ['SUMMARY_CREATED'] }, { eventTypes: ['SUMMARY_CREATED'] }),
    ).toEqual([2, 2])
    expect(await count({ eventTypes: ['EMAIL_SENT'] }, { eventTypes: ['EMAIL_SENT'] })).toEqual([
      0, 0,
    ])
    expect(await count({ statuses: null, eventTypes: null }, {})).toEqual([2, 2])
  })
})

test('things are found by their ids, in one statement a type, in the order of the ids', async () => {
  const { viewer, destinationId, eventIds } = await createHistory(3)
  const deliveries = await world.prisma.delivery.findMany({ where: { destinationId } })
  const ids = [...deliveries.map(({ id }) => id), ...eventIds, 'evt_0', destinationId, eventIds[0]]
  let answer: Awaited<ReturnType<typeof world.run>> | undefined
  const statements = await statementsOf(async () => {
    answer = await world.run(
      viewer,
      'query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Event { type } ... on Delivery { event { type } } } }',
      { ids },
    )
  })
  expect(answer?.data.nodes.map((node: { id: string } | null) => node?.id)).toEqual(
    ids.map((id) => (id === 'evt_0' ? undefined : id)),
  )
  expect(answer?.data.nodes[0].event).toEqual({ type: 'SUMMARY_CREATED' })
  expect(statements).toHaveLength(4)
  const { errors } = await world.run(viewer, 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', {
    ids: Array(101).fill('evt_0'),
  })
  expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
})
