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
export const mapStream = <In, Out>(
  source: AsyncIterator<In>,
  map: MapItem<In, Out>,
  mapError: (error: unknown) => Out = rethrow,
): Stream<Out> => new MappedStream(source, map, mapError)

type MapItem<In, Out> = (item: In) => Out | typeof SKIP | Promise<Out | typeof SKIP>

/** A class, because thousands of streams wait at once and methods take no memory in an instance. */
class MappedStream<In, Out> implements Stream<Out> {
  readonly #source: AsyncIterator<In>
  readonly #map: MapItem<In, Out>
  readonly #mapError: (error: unknown) => Out
  #isOver = false
  #lastItem: Out | undefined = undefined
  /** Resolves the pending `next`. Null if none is pending. */
  #resolve: ((result: IteratorResult<Out>) => void) | null = null

  constructor(source: AsyncIterator<In>, map: MapItem<In, Out>, mapError: (error: unknown) => Out) {
    this.#source = source
    this.#map = map
    this.#mapError = mapError
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<IteratorResult<Out>> {
    if (this.#isOver) return Promise.resolve(this.#takeLast())
    return new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#pull().then(resolve, reject)
    })
  }

  end(last?: Out): void {
    if (this.#isOver) return
    this.#lastItem = last
    this.#close()
    this.#resolve?.(this.#takeLast())
  }

  async return(): Promise<IteratorResult<Out>> {
    this.end()
    return DONE
  }

  #takeLast(): IteratorResult<Out> {
    const value = this.#lastItem
    this.#lastItem = undefined
    return value === undefined ? DONE : { value, done: false }
  }

  #close(): void {
    this.#isOver = true
    // The stream is over for its consumer, whatever the source does.
    this.#source.return?.().catch(() => {})
  }

  async #pull(): Promise<IteratorResult<Out>> {
    try {
      while (!this.#isOver) {
        const next = await this.#source.next()
        if (next.done) {
          this.#isOver = true
          break
        }
        const mapped = this.#map(next.value)
        const value = mapped instanceof Promise ? await mapped : mapped
        if (value !== SKIP) return { value, done: false }
      }
      return DONE
    } catch (error) {
      if (this.#isOver) return DONE
      this.#close()
      return { value: this.#mapError(error), done: false }
    } finally {
      this.#resolve = null
    }
  }
}

function rethrow(error: unknown): never {
  throw error
}
