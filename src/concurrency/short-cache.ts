import type { Clock } from './clock.ts'

/** Milliseconds for which what was found is trusted: a revoked key is refused within that time. */
const TRUSTED_FOR = 2_000

/** Things remembered at once, so that no number of keys costs more memory than this. */
const MOST_REMEMBERED = 10_000

interface Found<Value> {
  value: Value
  /** Epoch milliseconds from which it no longer holds, however fresh it is. Infinity for never. */
  until: number
}

interface Remembered<Value> extends Found<Value> {
  /** Epoch milliseconds. */
  since: number
}

/** Finds something by its name, and remembers for a moment what was found. Null is not remembered. */
export type ShortCache<Value> = (
  name: string,
  find: () => Promise<Found<Value> | null>,
) => Promise<Value | null>

/** Spares the database the same question with every request. */
export function createShortCache<Value>(clock: Clock): ShortCache<Value> {
  const remembered = new Map<string, Remembered<Value>>()
  return async (name, find) => {
    const asked = clock.now()
    const known = remembered.get(name)
    // When the clock was set back, nobody knows how old it is.
    if (known && known.since <= asked && asked < known.until) return known.value
    remembered.delete(name)
    const found = await find()
    if (!found) return null
    if (remembered.size >= MOST_REMEMBERED) remembered.delete(remembered.keys().next().value!)
    const until = Math.min(found.until, asked + TRUSTED_FOR)
    remembered.set(name, { ...found, since: asked, until })
    return found.value
  }
}
