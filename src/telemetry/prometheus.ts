import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { CountedAttempt, Metrics } from './metrics.ts'

/** What is asked when somebody reads the figures. */
export interface Gauges {
  backlog(): Promise<{ deliveries: number; oldestAge: number }>
  pool(): { active: number; idle: number; waiting: number }
  /** Destinations this process is draining. */
  drains(): number
  /** Seconds for which an open transaction has held the feeds back; 0 when none does. */
  feedHeld(): number
  /** Open subscriptions, by feed. */
  subscribers(): Record<string, number>
  /** Log lines of this process that could not be written. */
  lostLines(): number
}

export interface Prometheus extends Metrics {
  /** Makes known what is asked. Call it once. */
  ask(gauges: Gauges): void
  /** All figures of this process, in Prometheus' text format. */
  read(): Promise<{ contentType: string; text: string }>
}

const NAME = 'bigmind_webhooks_'

/** Milliseconds for the database to answer: whoever reads the figures wants the others when it does not. */
const ASK_WITHIN = 2_000

/** Seconds. An attempt takes 5 at most. */
const DURATIONS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]
/** Seconds. What waits behind a backlog may wait for hours. */
const DELAYS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 7_200]

/** Figures of one process. Nothing is shared: each call begins at 0. */
export function createPrometheus(): Prometheus {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  return {
    ...countersIn(registry),
    ask: (gauges) => showGauges(registry, gauges),
    read: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  }
}

function countersIn(registry: Registry): Metrics {
  const registers = [registry]
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[] = []) =>
    new Counter({ name: NAME + name, help, labelNames, registers })
  const histogram = (name: string, help: string, buckets: number[]) =>
    new Histogram({ name: NAME + name, help, buckets, registers })

  const events = counter('events_published_total', 'Events stored.')
  const deliveries = counter(
    'deliveries_total',
    'Deliveries that ended, by how; one that is sent again ends again.',
    ['outcome'],
  )
  const attempts = counter(
    'attempts_total',
    'Attempts recorded: SUCCEEDED, or the code of the failure.',
    ['outcome'],
  )
  const durations = histogram('attempt_duration_seconds', 'How long attempts took.', DURATIONS)
  const waits = histogram(
    'publish_to_first_attempt_seconds',
    'From when a delivery became due, which is its publication, until its first attempt began.',
    DELAYS,
  )
  const feed = histogram(
    'feed_delay_seconds',
    'From the outcome of an attempt until this process told its subscribers.',
    DELAYS,
  )
  const errors = counter('api_errors_total', 'Errors in answers of the API, by code.', ['code'])
  const lines = counter('log_lines_total', 'Lines logged as warnings and errors.', ['level'])
  for (const outcome of ['SUCCEEDED', 'FAILED', 'CANCELED', 'SKIPPED'])
    deliveries.inc({ outcome }, 0)
  for (const level of ['warn', 'error']) lines.inc({ level }, 0)

  return {
    published: (count) => events.inc(count),
    ended: (outcome, count) => deliveries.inc({ outcome }, count),
    attempted({ outcome, durationMs, waitedMs }: CountedAttempt) {
      attempts.inc({ outcome })
      durations.observe(durationMs / 1_000)
      if (waitedMs !== null) waits.observe(Math.max(0, waitedMs) / 1_000)
    },
    told: (afterMs) => feed.observe(Math.max(0, afterMs) / 1_000),
    refused: (code) => errors.inc({ code }),
    logged: (level) => lines.inc({ level }),
  }
}

function showGauges(registry: Registry, gauges: Gauges): void {
  const { backlog, drains, feedHeld, lostLines, pool, subscribers } = gauges
  new Counter({
    name: `${NAME}log_lines_lost_total`,
    help: 'Log lines that could not be written to standard output: disk full, closed, or not read.',
    registers: [registry],
    collect() {
      this.reset()
      this.inc(lostLines())
    },
  })
  const gauge = (name: string, help: string, collect: (this: Gauge) => void | Promise<void>) =>
    new Gauge({ name: NAME + name, help, registers: [registry], collect })
  const byLabel = <Label extends string>(
    label: Label,
    [name, help]: [string, string],
    values: () => Record<string, number>,
  ) =>
    new Gauge({
      name: NAME + name,
      help,
      labelNames: [label],
      registers: [registry],
      collect() {
        for (const [value, count] of Object.entries(values())) {
          this.set({ [label]: value } as Record<Label, string>, count)
        }
      },
    })

  gauge(
    'due_backlog',
    'Deliveries that are due and not sent; 10,000 means so many or more.',
    async function () {
      this.set(await orUnknown(backlog().then(({ deliveries }) => deliveries)))
    },
  )
  gauge(
    'due_oldest_age_seconds',
    'For how long the oldest of these has been due.',
    async function () {
      this.set(await orUnknown(backlog().then(({ oldestAge }) => oldestAge)))
    },
  )
  gauge('drains_active', 'Destinations that this process is sending to.', function () {
    this.set(drains())
  })
  gauge(
    'feed_held_seconds',
    'For how long an open transaction has held the live feeds back; 0 below 10 s.',
    function () {
      this.set(feedHeld())
    },
  )
  byLabel('feed', ['subscribers', 'Open subscriptions of this process.'], subscribers)
  byLabel(
    'state',
    ['pool_connections', 'Connections to the database, and who waits for one.'],
    pool,
  )
}

/** NaN says that it is not known: the database is away, or too slow to tell. */
async function orUnknown(value: Promise<number>): Promise<number> {
  const late = Promise.withResolvers<number>()
  const timer = setTimeout(() => late.resolve(Number.NaN), ASK_WITHIN)
  try {
    return await Promise.race([value, late.promise])
  } catch {
    return Number.NaN
  } finally {
    clearTimeout(timer)
  }
}
