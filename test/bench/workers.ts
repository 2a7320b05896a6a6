import { atMost, type Benchmark, type Figure, medianOf } from './benchmark.ts'
import { DESTINATIONS, type DrainStage, openDrainStage } from './drain-stage.ts'
import type { Run } from './run.ts'
import { median } from './statistics.ts'

const COUNTED = { shared_preload_libraries: 'pg_stat_statements' }

export const workers: Benchmark = {
  name: 'workers',
  measures:
    'drain by one and by two workers, and what a delivery costs the database from its publication to its record',
  async run(run) {
    await using stage = await openDrainStage(run, { settings: COUNTED })
    const events = run.size(20_000, 1_000) / DESTINATIONS
    const rounds = run.size(3, 1)
    await stage.stage.asSuperuser('create extension pg_stat_statements')
    const one: number[] = []
    const costs: Cost[] = []
    for (let round = 1; round <= rounds; round += 1) {
      costs.push(await costOf(stage, events, async () => void one.push(await stage.drain(events))))
    }
    const two = await drainByTwo(run, stage, events)
    const ratios = two.map((rate) => rate / median(one))
    return [
      medianOf(one, { name: 'deliveries by one worker', unit: '/s' }),
      medianOf(two, { name: 'deliveries by two workers', unit: '/s' }),
      medianOf(ratios, { name: 'two workers, of one', unit: '×' }),
      ...figuresOf(costs),
    ]
  },
}

async function drainByTwo(run: Run, stage: DrainStage, events: number): Promise<number[]> {
  await stage.stage.service('worker')
  await stage.drain(run.size(80, 10))
  const rates: number[] = []
  for (let round = 1; round <= run.size(3, 1); round += 1) rates.push(await stage.drain(events))
  return rates
}

/** The cost of one delivery. */
interface Cost {
  statements: number
  /** Read or written, as the statements answer it. */
  rows: number
  walBytes: number
  /** Of the events that the WAL carries, shared by their deliveries. */
  payloadBytes: number
}

async function costOf(
  { stage }: DrainStage,
  events: number,
  work: () => Promise<void>,
): Promise<Cost> {
  const [start] = await stage.asSuperuser<{ lsn: string }>(
    'select pg_stat_statements_reset(), pg_current_wal_insert_lsn() as lsn',
  )
  await work()
  const [total] = await stage.asSuperuser<{ statements: number; rows: number; wal: number }>(
    `select sum(calls)::float8 as statements, sum(rows)::float8 as rows,
      (pg_current_wal_insert_lsn() - '${start!.lsn}')::float8 as wal
    from pg_stat_statements join pg_roles on pg_roles.oid = userid
    where rolname = 'bigmind'`,
  )
  const [stored] = await stage.sql<{ bytes: number }>(
    `select sum(octet_length(data) + octet_length(relations))::float8 as bytes
    from (select * from event order by id desc limit $1) as latest`,
    [events],
  )
  const deliveries = events * DESTINATIONS
  return {
    statements: total!.statements / deliveries,
    rows: total!.rows / deliveries,
    walBytes: total!.wal / deliveries,
    payloadBytes: stored!.bytes / deliveries,
  }
}

function figuresOf(costs: readonly Cost[]): Figure[] {
  const beyond = costs.map(({ walBytes, payloadBytes }) => (walBytes - payloadBytes) / 1_000)
  const payload = costs.map(({ payloadBytes }) => payloadBytes / 1_000)
  const statements = costs.map((cost) => cost.statements)
  const rows = costs.map((cost) => cost.rows)
  return [
    medianOf(beyond, { name: 'WAL a delivery beyond its payload', unit: 'kB', target: atMost(3) }),
    medianOf(payload, { name: 'payload a delivery', unit: 'kB' }),
    medianOf(statements, { name: 'statements a delivery', unit: '' }),
    medianOf(rows, { name: 'rows a delivery', unit: '' }),
  ]
}
