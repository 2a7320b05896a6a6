import { AsyncLocalStorage } from 'node:async_hooks'

/** Writes the items of concurrent callers together. */
export interface GroupCommit<Item, Result> {
  /** Resolves with the result of the item when its group is committed. Rejects with the error of the item or its group. */
  add(item: Item): Promise<Result>
  /** Resolves when no item is waiting or being written. */
  idle(): Promise<void>
}

interface Waiting<Item, Result> {
  item: Item
  resolve: (result: Result) => void
  reject: (error: unknown) => void
}

/**
 * Creates a group commit with one write at a time. An item that arrives while none runs is written at once. Items that
 * arrive during a write share the next one. Writes run in the asynchronous context of the creation, because they are not for
 * one caller.
 * @param write receives 1 to `size` items and returns one result for each, in order. A rejected result is the error of its
 *   item; an error that `write` throws is the error of all items
 */
export function createGroupCommit<Item, Result>(
  write: (items: Item[]) => Promise<PromiseSettledResult<Result>[]>,
  size: number,
): GroupCommit<Item, Result> {
  const inOwnContext = AsyncLocalStorage.snapshot()
  let waiting: Waiting<Item, Result>[] = []
  let writing: Promise<void> | null = null

  async function writeGroup(group: Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await write(group.map(({ item }) => item))
      for (const [index, { resolve, reject }] of group.entries()) {
        const result = results[index]
        if (result?.status === 'fulfilled') resolve(result.value)
        else reject(result?.reason)
      }
    } catch (error) {
      for (const { reject } of group) reject(error)
    }
  }

  async function writeAll(): Promise<void> {
    while (waiting.length > 0) {
      const group = waiting.slice(0, size)
      waiting = waiting.slice(size)
      await writeGroup(group)
    }
    writing = null
  }

  return {
    add(item) {
      return new Promise((resolve, reject) => {
        waiting.push({ item, resolve, reject })
        writing ??= Promise.resolve().then(() => inOwnContext(writeAll))
      })
    },
    async idle() {
      while (writing) await writing
    },
  }
}
