import type { Run } from './run.ts'
import { median, percentile } from './statistics.ts'

/** The target of a figure, in the unit of the figure. */
export interface Target {
  bound: 'atLeast' | 'atMost'
  value: number
}

/** One number that a benchmark measures. */
export interface Figure {
  /** A short name, unique within its benchmark. */
  name: string
  value: number
  unit: string
  /** Left out for a number that is only reported. */
  target?: Target
  /** The measurements from which the value is computed, in their order. */
  samples: readonly number[]
}

export interface Benchmark {
  /** The NAME in `npm run bench -- NAME`. */
  name: string
  /** The description, as a sentence. */
  measures: string
  run(run: Run): Promise<Figure[]>
}

/** Returns whether a figure reaches its target. Null without a target. */
export function isReached({ value, target }: Figure): boolean | null {
  if (!target) return null
  return target.bound === 'atLeast' ? value >= target.value : value <= target.value
}

export const atLeast = (value: number): Target => ({ bound: 'atLeast', value })
export const atMost = (value: number): Target => ({ bound: 'atMost', value })

type About = { name: string; unit: string; target?: Target }

/** The median of the samples, as a figure. */
export const medianOf = (samples: readonly number[], about: About): Figure => ({
  ...about,
  value: median(samples),
  samples,
})

/** The limit below which 99 of 100 samples are, as a figure in milliseconds. */
export const p99Of = (samples: readonly number[], about: Omit<About, 'unit'>): Figure => ({
  ...about,
  value: percentile(samples, 0.99),
  unit: 'ms',
  samples,
})
