/** A stream that can be ended from outside, even while its source is silent. */
export interface EndingStream<Item> extends AsyncIterableIterator<Item> {
  /** Ends it, after a last word if given. Later calls change nothing. */
  end(lastWord?: Item): void
}

/**
 * @param present is applied to each item
 * @param presentFailure says what the consumer gets in place of what the source throws; the stream ends then
 */
export function endingStream<Item>(
  source: AsyncIterable<Item>,
  present: (item: Item) => Item,
  presentFailure: (error: unknown) => Item,
): EndingStream<Item> {
  const iterator = source[Symbol.asyncIterator]()
  const rest: Item[] = []
  let ended = false
  let waiting: PromiseWithResolvers<IteratorResult<Item>> | null = null

  const answer = (result: IteratorResult<Item>) => {
    waiting?.resolve(result)
    waiting = null
  }
  const finish = (): IteratorResult<Item> =>
    rest.length > 0 ? { value: rest.shift()!, done: false } : { value: undefined, done: true }

  const stream: EndingStream<Item> = {
    [Symbol.asyncIterator]: () => stream,
    next() {
      if (ended) return Promise.resolve(finish())
      waiting = Promise.withResolvers()
      const { promise } = waiting
      iterator.next().then(
        (result) => {
          if (result.done) ended = true
          answer(result.done ? finish() : { value: present(result.value), done: false })
        },
        (error: unknown) => {
          if (ended) return
          ended = true
          answer({ value: presentFailure(error), done: false })
        },
      )
      return promise
    },
    end(lastWord) {
      if (ended) return
      ended = true
      if (lastWord !== undefined) rest.push(lastWord)
      // The consumer no longer waits for the source, so its way of ending concerns nobody.
      iterator.return?.()?.catch(() => {})
      if (waiting) answer(finish())
    },
    async return() {
      stream.end()
      return { value: undefined, done: true }
    },
  }
  return stream
}
