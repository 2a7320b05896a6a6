/** A queue of items of several owners, who take turns however many items one of them has. */
export interface FairQueue<Item> {
  push(owner: string, item: Item): void
  /**
   * Removes and returns the first item of the owner whose turn it is. Undefined if there is none.
   * @param may returns whether an owner can have a turn. Default: each
   */
  shift(may?: (owner: string) => boolean): { owner: string; item: Item } | undefined
  /** Returns the number of items of an owner. */
  count(owner: string): number
}

export function createFairQueue<Item>(): FairQueue<Item> {
  /** By owner, in the order of their next turns. */
  const queues = new Map<string, Item[]>()
  return {
    push(owner, item) {
      const queue = queues.get(owner)
      if (queue) queue.push(item)
      else queues.set(owner, [item])
    },
    shift(may = () => true) {
      for (const [owner, queue] of queues) {
        if (!may(owner)) continue
        const item = queue.shift() as Item
        queues.delete(owner)
        if (queue.length > 0) queues.set(owner, queue)
        return { owner, item }
      }
      return undefined
    },
    count: (owner) => queues.get(owner)?.length ?? 0,
  }
}
