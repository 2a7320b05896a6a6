import { createFairQueue } from './fair-queue.ts'

/**
 * Divides an amount, such as slots or bytes, between owners. An owner may take more while it has less than `ratio` times what
 * is free. With the ratio 4, one owner alone can take 4/5 of the total, and two can take 4/9 each: a part stays free for the
 * next owner, and an owner gets its share at once, although nothing is taken away from others. (Choudhury and Hahne, "Dynamic
 * Queue Length Thresholds for Shared-Memory Packet Switches", 1998.)
 */
export interface Shares {
  /** Whether the owner may take more. */
  hasRoom(owner: string): boolean
  /** Takes the amount, even if it exceeds the share of the owner. */
  take(owner: string, amount: number): void
  /** Takes the amount when the owner may take more. Owners that wait get their turns alternately. */
  acquire(owner: string, amount: number): Promise<void>
  /** Returns how often the owner is waiting. */
  waiting(owner: string): number
  release(owner: string, amount: number): void
  /** Returns the owners that may not take more. */
  full(): string[]
}

const DEFAULT_RATIO = 4

interface Waiting {
  amount: number
  start(): void
}

export function createShares(total: number, ratio = DEFAULT_RATIO): Shares {
  const taken = new Map<string, number>()
  const waiting = createFairQueue<Waiting>()
  let free = total

  const hasRoom = (owner: string) => (taken.get(owner) ?? 0) < ratio * free

  function change(owner: string, amount: number): void {
    free -= amount
    const left = (taken.get(owner) ?? 0) + amount
    if (left > 0) taken.set(owner, left)
    else taken.delete(owner)
  }

  function startWaiting(): void {
    for (let next = waiting.shift(hasRoom); next; next = waiting.shift(hasRoom)) {
      change(next.owner, next.item.amount)
      next.item.start()
    }
  }

  return {
    hasRoom,
    take: change,
    acquire(owner, amount) {
      if (waiting.count(owner) === 0 && hasRoom(owner)) {
        change(owner, amount)
        return Promise.resolve()
      }
      return new Promise((start) => waiting.push(owner, { amount, start }))
    },
    release(owner, amount) {
      change(owner, -amount)
      startWaiting()
    },
    waiting: waiting.count,
    full: () => [...taken.keys()].filter((owner) => !hasRoom(owner)),
  }
}
