import pg from 'pg'
import { newId } from '../../src/storage/ids.ts'
import { activeDestination } from './operations.ts'
import type { World } from './world.ts'

/** Writes attempts straight into the table, as the recorder does, in transactions that a test can hold open. */
export interface AttemptWriter extends AsyncDisposable {
  destinationId: string
  /** One transaction of `count` attempts; `beforeCommit` is awaited while it is open. @returns their ids, in order */
  record(
    count: number,
    options?: {
      beforeCommit?: () => Promise<unknown>
      eventType?: string
      status?: 'SUCCEEDED' | 'FAILED'
    },
  ): Promise<string[]>
}

/**
 * @param connections the maximum number of concurrent transactions
 * @param data the data of the event that all attempts deliver, as JSON
 */
export async function startAttemptWriter(
  world: World,
  {
    client = world.client,
    organizationId = world.organizationId,
    connections = 1,
    data = '{}',
  } = {},
): Promise<AttemptWriter> {
  const pool = new pg.Pool({ connectionString: world.databaseUrl, max: connections })
  pool.on('error', () => {})
  const destination = await activeDestination(client, { url: 'http://127.0.0.1:4001/never-sent' })
  const [event, delivery] = [newId('evt'), newId('dlv')]
  await pool.query(
    `insert into event (id, organization_id, type, data, relations, timestamp)
    values ($1, $2, 'todo_created', $3, '{}', now())`,
    [event, organizationId, data],
  )
  await pool.query(
    `insert into delivery (id, event_id, destination_id, status) values ($1, $2, $3, 'SUCCEEDED')`,
    [delivery, event, destination.id],
  )
  let number = 0
  return {
    destinationId: destination.id,
    async record(count, { beforeCommit, eventType = 'todo_created', status = 'SUCCEEDED' } = {}) {
      const ids = Array.from({ length: count }, () => newId('att'))
      const first = number + 1
      number += count
      const session = await pool.connect()
      try {
        await session.query('begin')
        await session.query(
          `insert into delivery_attempt (
            id, delivery_id, destination_id, organization_id, event_type, number, status, attempted_at, duration_ms
          )
          select id, $2, $3, $4, $5, $6 + place - 1, $7::attempt_status, now(), 1
          from unnest($1::text[]) with ordinality as attempt (id, place)`,
          [ids, delivery, destination.id, organizationId, eventType, first, status],
        )
        await session.query(`select pg_notify('attempt_recorded', '')`)
        await beforeCommit?.()
        await session.query('commit')
      } finally {
        session.release()
      }
      return ids
    },
    [Symbol.asyncDispose]: () => pool.end(),
  }
}

/** The ids of all attempts of an organization in the order of the log. */
export async function attemptLog(
  world: World,
  organizationId = world.organizationId,
): Promise<string[]> {
  const rows = await world.app.ports.db.query<{ id: string }>(
    'select id from delivery_attempt where organization_id = $1 order by recorded_in, id',
    [organizationId],
  )
  return rows.map(({ id }) => id)
}
