import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createShares } from '../../../src/concurrency/shares.ts'

const TOTAL = 1_000

test('an owner alone can have four fifths, and each further one gets a share at once', () => {
  const shares = createShares(TOTAL)
  const fill = (owner: string) => {
    let taken = 0
    for (; shares.hasRoom(owner); taken += 1) shares.take(owner, 1)
    return taken
  }
  expect(['first', 'second', 'third'].map(fill)).toEqual([800, 160, 32])
  expect(shares.full()).toEqual(['first', 'second', 'third'])
  shares.release('first', 700)
  expect(shares.full()).toEqual([])
})

test('owners that wait get their turns alternately, however many wait for one of them', async () => {
  const shares = createShares(10)
  shares.take('hostile', 10)
  const order: string[] = []
  const waitFor = async (owner: string, name: string) => {
    await shares.acquire(owner, 1)
    order.push(name)
  }
  const waits = [...Array.from({ length: 9 }, () => 'hostile'), 'a', 'a', 'b'].map((owner) =>
    waitFor(owner, owner),
  )
  for (let released = 0; released < 10; released += 1) shares.release('hostile', 1)
  await Promise.resolve()
  expect(order.slice(0, 3).sort()).toEqual(['a', 'a', 'b'])
  for (let left = order.length; left < waits.length; left += 1) {
    shares.release(order[left - 3]!, 1)
    await Promise.resolve()
  }
  await Promise.all(waits)
})

const step = fc.record({
  owner: fc.constantFrom('a', 'b', 'c'),
  amount: fc.integer({ min: 1, max: 400 }),
  releases: fc.boolean(),
})

test('in every order of acquiring and releasing, no owner with room waits, and all that is released is free again', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const shares = createShares(TOTAL)
      const held: { owner: string; amount: number }[] = []
      const waiting = new Set<string>()
      let waits = 0
      for (const { owner, amount, releases } of steps) {
        const one = releases ? held.shift() : undefined
        if (one) shares.release(one.owner, one.amount)
        else {
          const id = `${owner} ${waits++}`
          waiting.add(id)
          void shares.acquire(owner, amount).then(() => {
            waiting.delete(id)
            held.push({ owner, amount })
          })
        }
        for (let turn = 0; turn < 3; turn += 1) await Promise.resolve()
        for (const id of waiting) expect(shares.hasRoom(id.split(' ')[0]!)).toBe(false)
      }
      while (held.length > 0) {
        const { owner, amount } = held.shift()!
        shares.release(owner, amount)
        for (let turn = 0; turn < 3; turn += 1) await Promise.resolve()
      }
      expect(waiting.size).toBe(0)
      expect(shares.full()).toEqual([])
    }),
  )
})
