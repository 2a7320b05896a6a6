import { expect, test } from 'vitest'
import type { GraphqlClient } from '../../../src/cli/graphql-client.ts'
import { latestAttempt, publishTodos } from '../../helpers/deliveries.ts'
import {
  activate,
  DeleteDestination,
  deactivate,
  UpdateDestination,
} from '../../helpers/destination-operations.ts'
import { heldAnswers } from '../../helpers/held-answers.ts'
import {
  activeDestination,
  attempts,
  collectAttempts,
  DestinationChanged,
  publishTodo,
} from '../../helpers/operations.ts'
import { startReceiver } from '../../helpers/receiver.ts'
import { nextAttemptsOverSse } from '../../helpers/sse.ts'
import { createWorld, type World } from '../../helpers/world.ts'

const rename = (client: GraphqlClient, id: string, name: string) =>
  client.request(UpdateDestination, { id, input: { name } })

type Change = Awaited<ReturnType<typeof read>>
const read = async (stream: ReturnType<typeof subscribe>) =>
  (await stream.next()).value!.destinationChanged
const subscribe = (client: GraphqlClient, variables: { id?: string }) =>
  client.subscribe(DestinationChanged, variables)

/** Subscribes to changes. Renames `id` until a change arrives, so that the subscription has begun. */
async function changesOf(client: GraphqlClient, id: string, variables: { id?: string } = {}) {
  const stream = subscribe(client, variables)
  const seen: Change[] = []
  /** Reads changes until one has this state. The same state can arrive twice. */
  const until = async (state: Partial<Change>) => {
    do seen.push(await read(stream))
    while (
      !Object.entries(state).every(([key, value]) => seen.at(-1)![key as keyof Change] === value)
    )
  }
  let begun = false
  const first = until({}).then(() => {
    begun = true
  })
  for (let number = 1; !begun; number += 1) await rename(client, id, `Before ${number}`)
  await first
  await rename(client, id, 'Begun')
  await until({ name: 'Begun' })
  return { seen, until, stop: () => stream.return!() }
}

const failureOf = (reading: Promise<unknown>) =>
  reading.then(
    () => expect.fail('No error came.'),
    (thrown) => ('errors' in thrown ? thrown.errors[0] : [thrown].flat()[0]),
  )

test('resuming after an attempt that is unknown or of another organization is refused with advice', async () => {
  await using world = await createWorld()
  await using receiver = await startReceiver()
  const stranger = await world.clientFor('Globex')
  const { id } = await activeDestination(stranger, { url: receiver.url })
  await publishTodo(stranger)
  const foreign = await latestAttempt(stranger, id)

  for (const after of [foreign, 'att_01h2xcejqtf2nbrexx3vqjhp41', 'nonsense']) {
    const overSocket = await failureOf(collectAttempts(attempts(world.client, { after }), 1))
    expect(overSocket.extensions.code).toBe('BAD_USER_INPUT')
    expect(overSocket.message).toMatch(/Subscribe without it.*Destination\.attempts/)
    await expect(nextAttemptsOverSse(world, 1, after)).rejects.toThrow('Subscribe without it')
  }
})

test('filters apply to missed and to live attempts', async () => {
  await using world = await createWorld()
  await using good = await startReceiver()
  await using bad = await startReceiver({ answers: [400] })
  const first = await activeDestination(world.client, { url: good.url })
  await publishTodo(world.client)
  const after = await latestAttempt(world.client, first.id)
  const second = await activeDestination(world.client, { url: bad.url })
  await publishTodo(world.client)
  await latestAttempt(world.client, second.id)

  const failed = attempts(world.client, { after, statuses: ['FAILED'] })
  const ofFirst = attempts(world.client, { after, destinationId: first.id })
  const otherEvents = attempts(world.client, { after, eventTypes: ['SUMMARY_CREATED'] })
  const silent = otherEvents.next()
  const [history] = await Promise.all([collectAttempts(failed, 1), collectAttempts(ofFirst, 1)])
  expect(history).toMatchObject([{ status: 'FAILED', responseCode: 400, number: 1 }])
  const live = Promise.all([collectAttempts(failed, 1), collectAttempts(ofFirst, 1)])
  await publishTodo(world.client)

  const [[failure], [success]] = await live
  expect(failure).toMatchObject({ status: 'FAILED', eventType: 'TODO_CREATED' })
  expect(success).toMatchObject({ status: 'SUCCEEDED' })
  expect(await Promise.race([silent, Promise.resolve('nothing')])).toBe('nothing')
  await Promise.all([failed.return(undefined), ofFirst.return(undefined)])
})

test('destinationChanged emits changes of settings, status and failure count that another process made', async () => {
  await using world = await createWorld({ worker: false })
  const other = await world.addProcess()
  await using receiver = await startReceiver({ answers: [400] })
  const elsewhere = await world.clientFor('Acme', undefined, other.url)
  const { id } = await activeDestination(world.client, { url: receiver.url })
  const changes = await changesOf(world.client, id)

  await rename(elsewhere, id, 'Renamed')
  await changes.until({ id, name: 'Renamed', status: 'ACTIVE', failureCount: 0 })
  await publishTodo(elsewhere)
  await changes.until({ status: 'ACTIVE', failureCount: 1 })
  await deactivate(elsewhere, id)
  await changes.until({ status: 'INACTIVE', failureCount: 1 })
  await activate(elsewhere, id)
  await changes.until({ status: 'ACTIVE', failureCount: 0 })
  await changes.stop()
})

test('destinationChanged emits only changes of the own organization and of the requested destination', async () => {
  await using world = await createWorld({ worker: false })
  const stranger = await world.clientFor('Globex')
  const url = 'http://127.0.0.1:4001/never-sent'
  const one = await activeDestination(world.client, { url })
  const two = await activeDestination(world.client, { url })
  const foreign = await activeDestination(stranger, { url })
  const all = await changesOf(world.client, one.id)
  const onlyTwo = await changesOf(world.client, two.id, { id: two.id })
  const nothing = world.client.subscribe(DestinationChanged, { id: foreign.id })
  const silent = nothing.next()
  const theirs = await changesOf(stranger, foreign.id)

  await rename(stranger, foreign.id, 'Foreign')
  await rename(world.client, one.id, 'One')
  await rename(world.client, two.id, 'Two')

  await onlyTwo.until({ name: 'Two' })
  await theirs.until({ name: 'Foreign' })
  await all.until({ name: 'Two' })
  expect(new Set(onlyTwo.seen.map(({ id }) => id))).toEqual(new Set([two.id]))
  expect(new Set(theirs.seen.map(({ id }) => id))).toEqual(new Set([foreign.id]))
  expect(new Set(all.seen.map(({ id }) => id))).toEqual(new Set([one.id, two.id]))
  expect(await Promise.race([silent, Promise.resolve('nothing')])).toBe('nothing')
  await Promise.all([all.stop(), onlyTwo.stop(), theirs.stop()])
})

test('changes in quick succession are emitted in order, and the last one is the current state', async () => {
  await using world = await createWorld()
  const held = heldAnswers()
  await using receiver = await startReceiver({ answers: [held.hold] })
  const { id } = await activeDestination(world.client, { url: receiver.url })
  const changes = await changesOf(world.client, id)
  await publishTodos(world.client, 14)
  await receiver.request(14)

  held.release(400)

  await changes.until({ failureCount: 14 })
  const counts = changes.seen.map(({ failureCount }) => failureCount).filter((count) => count > 0)
  expect(counts).toEqual([...counts].sort((a, b) => a - b))
  await changes.stop()
})

test('deleting a destination breaks no stream', async () => {
  await using world = await createWorld({ worker: false })
  const url = 'http://127.0.0.1:4001/never-sent'
  const one = await activeDestination(world.client, { url })
  const two = await activeDestination(world.client, { url })
  const changes = await changesOf(world.client, one.id)

  await Promise.all([
    rename(world.client, one.id, 'Gone soon'),
    world.client.request(DeleteDestination, { id: one.id }),
  ])
  await rename(world.client, two.id, 'Still here')

  await changes.until({ id: two.id, name: 'Still here' })
  await changes.stop()
})

test('unsubscribing without further events ends the subscription at once', async () => {
  await using world = await createWorld({ worker: false })
  const open = () => subscribers(world)
  const waiting = Array.from({ length: 5 }, () => attempts(world.client).next())
  await expect.poll(open).toBe(5)

  await world.client.close()

  await expect.poll(open).toBe(0)
  await Promise.allSettled(waiting)
})

const subscribers = ({ app }: World) =>
  (app.ports.attemptFeed as typeof app.ports.attemptFeed & { subscribers(): number }).subscribers()
