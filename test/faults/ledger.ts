import { readFile } from 'node:fs/promises'
import pg from 'pg'
import { deliveryOf } from '../helpers/delivery-operations.ts'
import type { ReceivedRequest } from '../helpers/receiver.ts'
import { extent } from './extent.ts'

export type Change = 'ACTIVATED' | 'DEACTIVATED' | 'DELETED'

export interface Violation {
  invariant: string
  subject: string
  detail: string
}

/** Records what a test observes from outside during a fault, which invariants.sql checks. */
export interface Ledger {
  /** Records that a publication returned this event while these destinations were ACTIVE and subscribed to it. */
  acknowledge(publication: string, eventId: string, destinationIds: readonly string[]): void
  /** Makes a call that changes the status of a destination, and records its time. */
  change<Result>(destinationId: string, kind: Change, call: () => Promise<Result>): Promise<Result>
  /**
   * Something was done to the service. Notes how many requests were out without a recorded result: at least so many as are
   * given, where what was done has its effect later.
   */
  fault(name: string, options?: { atLeast?: number }): Promise<void>
  /** The number of acknowledged publications. */
  readonly acknowledged: number
  /** Every breach of an invariant, by what the database says now. */
  violations(): Promise<Violation[]>
}

interface Tables {
  acknowledged: { publication: string; event_id: string; destination_id: string | null }[]
  changed: { destination_id: string; kind: Change; began: number; ended: number }[]
  fault: { name: string; in_flight: number }[]
  received: { delivery_id: string; event_id: string; destination_id: string; at: number }[]
}

const TABLES = `
create temporary table acknowledged (publication text, event_id text, destination_id text);
create temporary table received (delivery_id text, event_id text, destination_id text, at float);
create temporary table changed (destination_id text, kind text, began float, ended float);
create temporary table fault (name text, in_flight int);
create temporary table grace (sending float)`

/** Milliseconds. A busy machine may take longer than the second that is promised for a quiet one. */
const GRACE_MS = extent({ short: 10_000, full: 1_000 })

/** @param requests those of all receivers, as they come in */
export function createLedger(
  databaseUrl: string,
  requests: () => readonly ReceivedRequest[],
): Ledger {
  const tables: Omit<Tables, 'received'> = { acknowledged: [], changed: [], fault: [] }
  const publications = new Set<string>()
  return {
    acknowledge(publication, event_id, destinationIds) {
      publications.add(publication)
      const ids = destinationIds.length > 0 ? destinationIds : [null]
      for (const destination_id of ids) {
        tables.acknowledged.push({ publication, event_id, destination_id })
      }
    },
    async change(destination_id, kind, call) {
      const began = Date.now()
      const result = await call()
      tables.changed.push({ destination_id, kind, began, ended: Date.now() })
      return result
    },
    async fault(name, { atLeast = 0 } = {}) {
      const sent = requests().length
      const recorded = await onDatabase(databaseUrl, (client) =>
        client.query('select count(*)::int as count from delivery_attempt'),
      )
      tables.fault.push({ name, in_flight: Math.max(atLeast, sent - recorded.rows[0].count) })
    },
    get acknowledged() {
      return publications.size
    },
    violations: () =>
      judge(databaseUrl, { ...tables, received: requests().map(receipt) }, GRACE_MS),
  }
}

/** Loads what was seen and lists what contradicts it. */
export function judge(databaseUrl: string, tables: Tables, graceMs = 1_000): Promise<Violation[]> {
  return onDatabase(databaseUrl, async (client) => {
    await client.query(TABLES)
    await client.query('insert into grace values ($1)', [graceMs])
    for (const [name, rows] of Object.entries(tables)) {
      await client.query(
        `insert into ${name} select * from json_populate_recordset(null::${name}, $1)`,
        [JSON.stringify(rows)],
      )
    }
    const script = await readFile(new URL('invariants.sql', import.meta.url), 'utf8')
    return (await client.query<Violation>(script)).rows
  })
}

/** Runs something on a connection of its own. */
export async function onDatabase<Result>(
  url: string,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  return work(client).finally(() => client.end())
}

const receipt = (request: ReceivedRequest) => ({
  delivery_id: deliveryOf(request),
  event_id: String(request.headers['webhook-id']),
  destination_id: JSON.parse(request.body).webhook_id as string,
  at: performance.timeOrigin + request.receivedAt,
})
