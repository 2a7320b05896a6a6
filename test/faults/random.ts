/** Random numbers that can be had again. */
export interface Random {
  /** A whole number from 0 to `below` - 1. */
  below(below: number): number
  /** One of these. */
  pick<Value>(values: readonly Value[]): Value
}

/** Prints its seed. The same numbers come again with FAULT_SEED set to it. */
export function createRandom(): Random {
  const { FAULT_SEED } = process.env
  const seed = FAULT_SEED ? Number(FAULT_SEED) : Math.floor(Math.random() * 2 ** 32)
  console.log(`the seed of this run: FAULT_SEED=${seed}`)
  const next = mulberry32(seed)
  const below = (limit: number) => Math.floor(next() * limit)
  return { below, pick: (values) => values[below(values.length)]! }
}

/** Tommy Ettinger's generator: small, and good enough to choose moments. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
