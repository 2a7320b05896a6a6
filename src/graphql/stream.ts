/**
 * A stream made from another one. It ends as soon as its consumer leaves, also while it waits for an item;
 * an async generator in its place would wait for that item first.
 * @param source ended with it
 * @param pull makes its next item out of the source's
 */
export function streamFrom<Item>(
  source: AsyncIterator<unknown>,
  pull: () => Promise<IteratorResult<Item>>,
): AsyncIterableIterator<Item> {
  return {
    next: pull,
    async return() {
      await source.return?.()
      return { value: undefined, done: true }
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
