/** Hands each item to a write that serves many callers at once. */
export interface GroupCommit<Item, Result> {
  /** Resolves when the item's write has committed, with the item's own result; rejects with its error. */
  add(item: Item): Promise<Result>
  /** Resolves when nothing is waiting or being written. */
  idle(): Promise<void>
}

interface Waiting<Item, Result> {
  item: Item
  resolve: (result: Result) => void
  reject: (error: unknown) => void
}

/**
 * One write at a time; what arrives meanwhile goes into the next one together. A single item is written at
 * once, and under load one commit is shared by as many as arrived during the commit before it.
 *
 * @param write gets at least one and at most `size` items and answers one result each, in order. An item's
 *   own refusal is a rejected entry; what `write` itself throws is every item's error.
 */
export function createGroupCommit<Item, Result>(
  write: (items: Item[]) => Promise<PromiseSettledResult<Result>[]>,
  size: number,
): GroupCommit<Item, Result> {
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
        writing ??= Promise.resolve().then(writeAll)
      })
    },
    async idle() {
      while (writing) await writing
    },
  }
}
