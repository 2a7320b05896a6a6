import { TestClock } from 'pg-boss'
import { afterAll, describe, expect, test } from 'vitest'
import { PublishEvent, PublishEvents, todo } from '../../helpers/operations.ts'
import { createWorld } from '../../helpers/world.ts'

const clock = new TestClock()
const world = await createWorld({ worker: false, clock })
afterAll(() => world[Symbol.asyncDispose]())

const DAY_MS = 24 * 60 * 60 * 1_000
const fromNow = (milliseconds: number) => new Date(clock.now() + milliseconds).toISOString()
const at = (timestamp: string) => ({
  event: 'TODO_CREATED' as const,
  data: todo('Call back'),
  timestamp,
})

describe('the time of an event', () => {
  test.each([
    ['the start of the year 2000', () => '2000-01-01T00:00:00Z', '2000-01-01T00:00:00.000Z'],
    ['one day ahead', () => fromNow(DAY_MS), null],
    ['a leap second', () => '2016-12-31T23:59:60Z', '2017-01-01T00:00:00.000Z'],
    ['a leap second elsewhere', () => '2016-12-31T15:59:60.25-08:00', '2017-01-01T00:00:00.250Z'],
  ])('can be %s', async (_what, timeOf, expected) => {
    const timestamp = timeOf()
    const { eventPublish } = await world.client.request(PublishEvent, { input: at(timestamp) })
    expect(eventPublish).toMatchObject({ event: { timestamp: expected ?? timestamp } })
  })

  test.each([
    ["the zero value of Go's time.Time", () => '0001-01-01T00:00:00Z'],
    ["the zero value of SQL Server's datetime", () => '1753-01-01T00:00:00Z'],
    ['the zero of Unix time', () => '1970-01-01T00:00:00Z'],
    ['right before the year 2000', () => '1999-12-31T23:59:59.999Z'],
    ['before the year 2000 elsewhere', () => '2000-01-01T00:59:59.999+01:00'],
    ['more than one day ahead', () => fromNow(DAY_MS + 1)],
    ['the last of all', () => '9999-12-31T23:59:59Z'],
  ])('cannot be %s', async (_what, timeOf) => {
    const refused = (...path: string[]) => ({
      __typename: 'ValidationError',
      issues: [{ path, message: expect.stringContaining('one day ahead') }],
    })
    const bad = at(timeOf())
    const { eventPublish } = await world.client.request(PublishEvent, { input: bad })
    expect(eventPublish).toMatchObject(refused('timestamp'))
    const inputs = [at(fromNow(0)), bad]
    const { eventPublishMany } = await world.client.request(PublishEvents, { inputs })
    expect(eventPublishMany).toMatchObject(refused('1', 'timestamp'))
  })
})
