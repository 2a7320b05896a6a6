import { expect, test, vi } from 'vitest'
import { startAttemptWriter } from '../../helpers/attempt-writer.ts'
import { createWorld, type World } from '../../helpers/world.ts'

const DONE = { value: undefined, done: true }

const feedWorld = () => createWorld({ worker: false })

/** Subscribes directly to the feed of the world's process. */
function subscribe({ app, organizationId }: World, after: string | null) {
  const { attemptFeed } = app.ports
  return attemptFeed.subscribe(
    { organizationId, destinationId: null, eventTypes: null, statuses: null },
    after === null ? null : () => attemptFeed.positionAfter(organizationId, after),
  )
}

/** Replaces the reads of the table for one subscriber. */
function replaceReads({ app }: World, read: () => Promise<never>): void {
  const { db } = app.ports
  const query = db.query.bind(db)
  vi.spyOn(db, 'query').mockImplementation((text, values) =>
    text.includes('where organization_id = $1') ? read() : query(text, values),
  )
}

test('unsubscribing ends a subscription at once, also while it waits', async () => {
  await using world = await feedWorld()
  const { destinationFeed } = world.app.ports
  for (const feed of [
    subscribe(world, null),
    destinationFeed.subscribe(world.organizationId, null),
  ]) {
    const waiting = feed.next()
    await feed.return?.()
    expect(await waiting).toEqual(DONE)
    expect(await feed.next()).toEqual(DONE)
  }
})

test('unsubscribing ends a subscription at once, also while it reads the table', async () => {
  await using world = await feedWorld()
  await using writer = await startAttemptWriter(world)
  const [start] = await writer.record(1)
  const reading = Promise.withResolvers<void>()
  replaceReads(world, () => {
    reading.resolve()
    return new Promise(() => {})
  })
  const feed = subscribe(world, start!)
  const waiting = feed.next()
  await reading.promise

  await feed.return?.()
  expect(await waiting).toEqual(DONE)
  expect(await feed.next()).toEqual(DONE)
})

test('an error of a read ends the subscription', async () => {
  await using world = await feedWorld()
  await using writer = await startAttemptWriter(world)
  const [start] = await writer.record(1)
  replaceReads(world, () => Promise.reject(new Error('broken')))
  const feed = subscribe(world, start!)

  await expect(feed.next()).rejects.toThrow('broken')
  expect(await feed.next()).toEqual(DONE)
})
