import type { Clock } from './clock.ts'

/** Milliseconds for which a value is cached. A revoked API key is refused within that time. */
const LIFETIME_MS = 2_000

/** Cached values at once, which bounds the memory. The oldest is removed first. */
const MAX_ENTRIES = 10_000

interface Found<Value> {
  value: Value
  /** Epoch milliseconds until which the value is valid. Infinity for always. */
  until: number
}

interface Entry<Value> extends Found<Value> {
  /** When the value was requested, in epoch milliseconds. */
  since: number
}

/** Returns the cached value of a name, or the result of `find`. A null result is not cached. */
export type ShortCache<Value> = (
  name: string,
  find: () => Promise<Found<Value> | null>,
) => Promise<Value | null>

/** Creates a cache that saves a query with each request of the same client. */
export function createShortCache<Value>(clock: Clock): ShortCache<Value> {
  const entries = new Map<string, Entry<Value>>()
  return async (name, find) => {
    const now = clock.now()
    const known = entries.get(name)
    // When the clock was set back, the age of the entry is unknown.
    if (known && known.since <= now && now < known.until) return known.value
    entries.delete(name)
    const found = await find()
    if (!found) return null
    if (entries.size >= MAX_ENTRIES) entries.delete(entries.keys().next().value!)
    const until = Math.min(found.until, now + LIFETIME_MS)
    entries.set(name, { ...found, since: now, until })
    return found.value
  }
}
