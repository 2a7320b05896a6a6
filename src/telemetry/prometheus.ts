import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { CountedAttempt, Metrics } from './metrics.ts'

/** Functions that return the current values of the gauges. They are called for each read of the metrics. */
export interface GaugeSources {
  /** Due deliveries, and the age of the oldest in seconds. */
  backlog(): Promise<{ deliveries: number; oldestAgeSeconds: number }>
  pool(): { active: number; idle: number; waiting: number }
  /** Destinations that this process is draining. */
  drains(): number
  /** Seconds for which an open transaction has delayed the live feeds; 0 when none does. */
  feedHeld(): number
  /** Open subscriptions, by feed. */
  subscribers(): Record<string, number>
  /** Log lines of this process that could not be written. */
  lostLines(): number
}

export interface Prometheus extends Metrics {
  /** Adds the gauges. Call it once. */
  registerGauges(sources: GaugeSources): void
  /** Returns all metrics of this process in the Prometheus text format. */
  read(): Promise<{ contentType: string; text: string }>
}

const PREFIX = 'bigmind_webhooks_'

/** Time limit for a gauge that reads the database. The other metrics are returned without it. */
const GAUGE_TIMEOUT_MS = 2_000

/** Buckets for attempts, which take at most 5 s. */
const DURATION_BUCKETS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]

/** Buckets for delays. A delivery behind a backlog may wait for hours. */
const DELAY_BUCKETS_SECONDS = [...DURATION_BUCKETS_SECONDS, 10, 30, 60, 300, 1_800, 7_200]

/** Creates the metrics of one process. Each call starts from 0 and shares nothing with others. */
export function createPrometheus(): Prometheus {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  return {
    ...createCounters(registry),
    ...createHistograms(registry),
    registerGauges: (sources) => registerGauges(registry, sources),
    read: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  }
}

function createCounters(
  registry: Registry,
): Pick<Metrics, 'published' | 'ended' | 'refused' | 'logged'> {
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[] = []) =>
    new Counter({ name: PREFIX + name, help, labelNames, registers: [registry] })
  const events = counter('events_published_total', 'Events stored.')
  const deliveries = counter(
    'deliveries_total',
    'Deliveries that ended, by outcome. A delivery that is sent again ends again.',
    ['outcome'],
  )
  const errors = counter('api_errors_total', 'Errors in API responses, by code.', ['code'])
  const lines = counter('log_lines_total', 'Warnings and errors logged, by level.', ['level'])
  for (const outcome of ['SUCCEEDED', 'FAILED', 'CANCELED', 'SKIPPED']) {
    deliveries.inc({ outcome }, 0)
  }
  for (const level of ['warn', 'error']) lines.inc({ level }, 0)
  return {
    published: (count) => events.inc(count),
    ended: (outcome, count) => deliveries.inc({ outcome }, count),
    refused: (code) => errors.inc({ code }),
    logged: (level) => lines.inc({ level }),
  }
}

function createHistograms(registry: Registry): Pick<Metrics, 'attempted' | 'streamed'> {
  const histogram = (name: string, help: string, buckets: number[]) =>
    new Histogram({ name: PREFIX + name, help, buckets, registers: [registry] })
  const attempts = new Counter({
    name: `${PREFIX}attempts_total`,
    help: 'Attempts recorded, by outcome: SUCCEEDED or the code of the failure.',
    labelNames: ['outcome'],
    registers: [registry],
  })
  const durations = histogram(
    'attempt_duration_seconds',
    'Duration of attempts.',
    DURATION_BUCKETS_SECONDS,
  )
  const waits = histogram(
    'publish_to_first_attempt_seconds',
    'Time from the publication of a delivery until its first attempt began.',
    DELAY_BUCKETS_SECONDS,
  )
  const feed = histogram(
    'feed_delay_seconds',
    'Time from the end of an attempt until this process passed it to its subscribers.',
    DELAY_BUCKETS_SECONDS,
  )
  return {
    attempted({ outcome, durationMs, waitedMs }: CountedAttempt) {
      attempts.inc({ outcome })
      durations.observe(durationMs / 1_000)
      if (waitedMs !== null) waits.observe(Math.max(0, waitedMs) / 1_000)
    },
    streamed: (delayMs) => feed.observe(Math.max(0, delayMs) / 1_000),
  }
}

function registerGauges(registry: Registry, sources: GaugeSources): void {
  const { backlog, drains, feedHeld, lostLines, pool, subscribers } = sources
  const gauges: [name: string, help: string, read: () => number | Promise<number>][] = [
    [
      'due_backlog',
      'Deliveries that are due and not sent; 10,000 means 10,000 or more.',
      async () => (await backlog()).deliveries,
    ],
    [
      'due_oldest_age_seconds',
      'Age of the oldest delivery that is due and not sent.',
      async () => (await backlog()).oldestAgeSeconds,
    ],
    ['drains_active', 'Destinations that this process is draining.', drains],
    [
      'feed_held_seconds',
      'Time for which an open transaction has delayed the live feeds; 0 below 10 s.',
      feedHeld,
    ],
  ]
  for (const [name, help, read] of gauges) registerGauge(registry, { name, help, read })
  registerByLabel(registry, 'feed', {
    name: 'subscribers',
    help: 'Open subscriptions of this process, by feed.',
    read: subscribers,
  })
  registerByLabel(registry, 'state', {
    name: 'pool_connections',
    help: 'Database connections of the pool, by state; "waiting" counts callers without one.',
    read: pool,
  })
  registerLostLines(registry, lostLines)
}

function registerGauge(
  registry: Registry,
  { name, help, read }: { name: string; help: string; read(): number | Promise<number> },
): void {
  new Gauge({
    name: PREFIX + name,
    help,
    registers: [registry],
    async collect() {
      this.set(await orNaN(read))
    },
  })
}

function registerLostLines(registry: Registry, read: () => number): void {
  new Counter({
    name: `${PREFIX}log_lines_lost_total`,
    help: 'Log lines that could not be written to standard output.',
    registers: [registry],
    collect() {
      this.reset()
      this.inc(read())
    },
  })
}

/** Adds a gauge with one value for each value of a label. */
function registerByLabel(
  registry: Registry,
  label: string,
  { name, help, read }: { name: string; help: string; read(): Record<string, number> },
): void {
  new Gauge({
    name: PREFIX + name,
    help,
    labelNames: [label],
    registers: [registry],
    collect() {
      for (const [value, count] of Object.entries(read())) this.set({ [label]: value }, count)
    },
  })
}

/** Returns NaN when the value cannot be read in time: the database is away or too slow. */
async function orNaN(read: () => number | Promise<number>): Promise<number> {
  const late = Promise.withResolvers<number>()
  const timer = setTimeout(() => late.resolve(Number.NaN), GAUGE_TIMEOUT_MS)
  try {
    return await Promise.race([read(), late.promise])
  } catch {
    return Number.NaN
  } finally {
    clearTimeout(timer)
  }
}
