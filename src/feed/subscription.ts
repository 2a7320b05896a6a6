/** What a feed keeps for one consumer. */
export interface Subscription<Item> {
  /** The next item, or null when the subscription has ended: also while it is being waited for. */
  next(): Promise<Item | null>
  /** Safe to call again. */
  end(): void
}

/**
 * Hands a subscription out. Unlike a generator's, its `return` ends it at once, even while the consumer
 * waits for an item that may never come.
 */
export function iterate<Item>(subscription: Subscription<Item>): AsyncIterableIterator<Item> {
  const end = async () => {
    subscription.end()
    return { value: undefined, done: true } as const
  }
  return {
    async next() {
      try {
        const item = await subscription.next()
        return item === null ? await end() : { value: item, done: false }
      } catch (error) {
        await end()
        throw error
      }
    },
    return: end,
    async throw(error: unknown) {
      await end()
      throw error
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
