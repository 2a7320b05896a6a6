import { expect, test } from 'vitest'
import { mapStream, SKIP } from '../../../src/concurrency/stream.ts'

const DONE = { value: undefined, done: true }

/** A source whose items and end are decided by the test. */
function createSource() {
  const items: PromiseWithResolvers<IteratorResult<number>>[] = []
  const source = {
    returns: 0,
    pulls: () => items.length,
    next: () => {
      const item = Promise.withResolvers<IteratorResult<number>>()
      items.push(item)
      return item.promise
    },
    async return() {
      source.returns += 1
      return { value: undefined, done: true } as const
    },
    emit: (value: number) => items.at(-1)!.resolve({ value, done: false }),
    fail: (error: Error) => items.at(-1)!.reject(error),
    finish: () => items.at(-1)!.resolve({ value: undefined, done: true }),
  }
  return source
}

const double = (value: number) => value * 2

test('a stream pulls an item only when its consumer does, and maps it', async () => {
  const source = createSource()
  const stream = mapStream(source, double)
  expect(source.pulls()).toBe(0)
  const next = stream.next()
  source.emit(21)
  expect(await next).toEqual({ value: 42, done: false })
  expect(source.pulls()).toBe(1)
})

test('a stream leaves out skipped items', async () => {
  const source = createSource()
  const stream = mapStream(source, async (value) => (value === 1 ? SKIP : value))
  const next = stream.next()
  source.emit(1)
  await expect.poll(source.pulls).toBe(2)
  source.emit(2)
  expect(await next).toEqual({ value: 2, done: false })
})

test('a stream ends at once when its consumer leaves while it waits', async () => {
  const source = createSource()
  const stream = mapStream(source, double)
  const next = stream.next()
  expect(await stream.return!()).toEqual(DONE)
  expect(await next).toEqual(DONE)
  expect(await stream.next()).toEqual(DONE)
  expect(source.returns).toBe(1)
  expect(source.pulls()).toBe(1)
})

test('a last item is delivered to a consumer that waits', async () => {
  const source = createSource()
  const stream = mapStream(source, double)
  const next = stream.next()
  stream.end(7)
  expect(await next).toEqual({ value: 7, done: false })
  expect(await stream.next()).toEqual(DONE)
})

test('a last item is delivered to a consumer that comes later', async () => {
  const source = createSource()
  const stream = mapStream(source, double)
  const first = stream.next()
  source.emit(1)
  await first
  stream.end(7)
  stream.end(8)
  expect(await stream.next()).toEqual({ value: 7, done: false })
  expect(await stream.next()).toEqual(DONE)
  expect(source.returns).toBe(1)
})

test('an error is thrown once, and ends the stream and its source', async () => {
  const source = createSource()
  const stream = mapStream(source, double)
  const next = stream.next()
  source.fail(new Error('broken'))
  await expect(next).rejects.toThrow('broken')
  expect(await stream.next()).toEqual(DONE)
  expect(source.returns).toBe(1)
})

test('an error becomes the last item if it is mapped', async () => {
  const source = createSource()
  const stream = mapStream(source, double, () => -1)
  const next = stream.next()
  source.fail(new Error('broken'))
  expect(await next).toEqual({ value: -1, done: false })
  expect(await stream.next()).toEqual(DONE)
})

test('an error after the end is ignored', async () => {
  const source = createSource()
  const stream = mapStream(source, double, () => -1)
  const next = stream.next()
  stream.end()
  source.fail(new Error('broken'))
  expect(await next).toEqual(DONE)
})

test('a stream ends with its source', async () => {
  const source = createSource()
  const stream = mapStream(source, double)
  const next = stream.next()
  source.finish()
  expect(await next).toEqual(DONE)
  expect(await stream.next()).toEqual(DONE)
  expect(source.returns).toBe(0)
})
