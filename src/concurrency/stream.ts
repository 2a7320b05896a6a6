/** A stream that ends at once when its consumer leaves or `end` is called, even while `next` is pending. */
export interface Stream<Item> extends AsyncIterableIterator<Item> {
  /** Ends the stream and its source, after one last item if given. Later calls have no effect. */
  end(last?: Item): void
}

/** What `map` returns for an item that the stream leaves out. */
export const SKIP: unique symbol = Symbol('skip')

const DONE = { value: undefined, done: true } as const

/**
 * Returns a stream of the mapped items of a source. It pulls an item only when its consumer does. Async generators,
 * `Readable` and the Repeater of GraphQL Yoga are not used, because their `return` waits for the pending item.
 * @param mapError maps the error of the source or of `map` to a last item, or throws; by default the error is thrown.
 *   Either way the stream ends
 */
export function mapStream<In, Out>(
  source: AsyncIterator<In>,
  map: (item: In) => Out | typeof SKIP | Promise<Out | typeof SKIP>,
  mapError: (error: unknown) => Out = rethrow,
): Stream<Out> {
  let isOver = false
  let lastItems: Out[] = []
  let pending: PromiseWithResolvers<IteratorResult<Out>> | null = null

  function takeLast(): IteratorResult<Out> {
    const [value] = lastItems.splice(0)
    return value === undefined ? DONE : { value, done: false }
  }

  function close(): void {
    isOver = true
    // The stream is over for its consumer, whatever the source does.
    source.return?.().catch(() => {})
  }

  async function pull(): Promise<IteratorResult<Out>> {
    try {
      while (!isOver) {
        const next = await source.next()
        if (next.done) {
          isOver = true
          break
        }
        const mapped = map(next.value)
        const value = mapped instanceof Promise ? await mapped : mapped
        if (value !== SKIP) return { value, done: false }
      }
      return DONE
    } catch (error) {
      if (isOver) return DONE
      close()
      return { value: mapError(error), done: false }
    }
  }

  return {
    [Symbol.asyncIterator]() {
      return this
    },
    next() {
      if (isOver) return Promise.resolve(takeLast())
      const current = Promise.withResolvers<IteratorResult<Out>>()
      pending = current
      const settle = () => {
        if (pending === current) pending = null
      }
      pull().then(
        (result) => {
          settle()
          current.resolve(result)
        },
        (error: unknown) => {
          settle()
          current.reject(error)
        },
      )
      return current.promise
    },
    end(last) {
      if (isOver) return
      if (last !== undefined) lastItems = [last]
      close()
      pending?.resolve(takeLast())
    },
    async return() {
      this.end()
      return DONE
    },
  }
}

function rethrow(error: unknown): never {
  throw error
}
