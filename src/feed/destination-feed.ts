import type { Destination } from '../generated/prisma/client.ts'
import { CHANNELS } from '../storage/channels.ts'
import type { Database } from '../storage/database.ts'
import { createFeed, type RunningFeed } from './feed.ts'
import type { FeedSource } from './feed-tail.ts'

export type ChangedDestination = Pick<Destination, 'id' | 'organizationId'>

/** The destinations that any process changes, or deletes. Changes of one in quick succession are emitted as one. */
export interface DestinationFeed {
  /** @param id restricts the stream to one destination; null means all of the organization */
  subscribe(organizationId: string, id: string | null): AsyncIterableIterator<ChangedDestination>
}

/** A table with the ids of destinations. */
interface DestinationLog {
  /** The channel of NOTIFY for new rows. */
  channel: string
  table: string
  /** The column with the number of the transaction that wrote a row. */
  transactionColumn: string
}

/** A destination has the position of its last change, so several changes between two reads are one row. */
export const CHANGES: DestinationLog = {
  channel: CHANNELS.destinationChanged,
  table: 'destination',
  transactionColumn: 'changed_in',
}

export const DELETIONS: DestinationLog = {
  channel: CHANNELS.destinationDeleted,
  table: 'destination_deletion',
  transactionColumn: 'deleted_in',
}

interface Filter {
  organizationId: string
  id: string | null
}

export async function createDestinationFeed(
  ports: Parameters<typeof createFeed>[0],
  log: DestinationLog,
): Promise<DestinationFeed & RunningFeed> {
  const read = readerOf(ports.db, log)
  const feed = await createFeed<ChangedDestination, Filter>(ports, {
    channel: log.channel,
    // Long enough to combine the changes by attempts that end at the same time.
    settleMs: 20,
    pageSize: 500,
    // A row has only ids, which do not change.
    maxQueueMs: Number.POSITIVE_INFINITY,
    matches: (filter, row) =>
      row.organizationId === filter.organizationId && (filter.id === null || row.id === filter.id),
    read,
    readSince: async (_filter, { after, limit }) => (await read(after, limit)).entries,
  })
  return {
    ...feed,
    subscribe: (organizationId, id) => feed.subscribe({ organizationId, id }, null),
  }
}

const readerOf =
  (
    db: Database,
    { table, transactionColumn }: DestinationLog,
  ): FeedSource<ChangedDestination>['read'] =>
  async (after, limit) => {
    const rows = await db.query<
      Partial<ChangedDestination> & { transaction: string; held: boolean }
    >(
      `select held, changed.*
      from (
        select exists (
          select from ${table} where ${transactionColumn} >= feed_horizon()
        ) as held
      ) as state
      left join (
        select ${transactionColumn}::text as transaction, id, organization_id as "organizationId"
        from ${table}
        where (${transactionColumn}, id) > ($1::text::xid8, $2)
          and ${transactionColumn} < feed_horizon()
        order by ${transactionColumn}, id limit $3
      ) as changed on true
      order by transaction::xid8, id`,
      [after.transaction, after.id, limit],
    )
    const entries = rows.flatMap(({ transaction, id, organizationId }) =>
      id && organizationId ? [{ position: { transaction, id }, row: { id, organizationId } }] : [],
    )
    return { entries, held: rows[0]?.held ?? false }
  }
