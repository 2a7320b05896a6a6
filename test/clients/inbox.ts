/** The items that a subscription has emitted. */
export interface Inbox<Item> {
  readonly items: readonly Item[]
  push(item: Item): void
  /** Makes everybody who waits, now or later, fail with this. */
  fail(error: Error): void
  /** Waits until there are `count` items. */
  until(count: number): Promise<readonly Item[]>
  /** Waits until `fail` is called. */
  failure(): Promise<Error>
}

export function createInbox<Item>(): Inbox<Item> {
  const items: Item[] = []
  const failure = Promise.withResolvers<Error>()
  let changed = Promise.withResolvers<void>()
  let failed: Error | undefined
  const notify = () => {
    changed.resolve()
    changed = Promise.withResolvers()
  }
  return {
    items,
    push(item) {
      items.push(item)
      notify()
    },
    fail(error) {
      failed ??= error
      failure.resolve(error)
      notify()
    },
    async until(count) {
      while (items.length < count) {
        if (failed) throw failed
        await changed.promise
      }
      return items
    },
    failure: () => failure.promise,
  }
}
