import type { DestinationFeed } from './feed.ts'
import { createFeedTail, type FeedEntry, type FeedPosition } from './feed-tail.ts'
import type { Clock, Database, Listener, Logger } from './ports.ts'

type Ports = { db: Database; listener: Listener; clock: Clock; log: Logger }
type Changed = { id: string; organizationId: string }

/** Milliseconds in which changes of one destination become one: enough for results that end together. */
const SETTLE = 20

/** A subscriber waits with the ids that changed, each once: what it gets is how they stand when it asks. */
export async function createDestinationFeed(
  ports: Ports,
): Promise<DestinationFeed & { close(): Promise<void> }> {
  const open = new Set<() => void>()
  const tail = await createFeedTail<Changed>(ports, {
    channel: 'destination_changed',
    settle: SETTLE,
    read: (after, limit) => readChanged(ports.db, after, limit),
  })
  return {
    subscribe(organizationId, id) {
      const changed = new Map<string, Changed>()
      let arrived = Promise.withResolvers<void>()
      let ended = false
      const hear = ({ row }: FeedEntry<Changed>) => {
        if (row.organizationId !== organizationId || (id !== null && row.id !== id)) return
        changed.set(row.id, row)
        arrived.resolve()
      }
      const end = () => {
        ended = true
        tail.unfollow(hear)
        open.delete(end)
        arrived.resolve()
      }
      open.add(end)
      return generate()

      async function* generate() {
        try {
          await tail.follow(hear)
          while (!ended) {
            const [next] = changed.values()
            if (next) {
              changed.delete(next.id)
              yield next
            } else {
              arrived = Promise.withResolvers()
              await arrived.promise
            }
          }
        } finally {
          end()
        }
      }
    },
    async close() {
      for (const end of open) end()
      await tail.close()
    },
  }
}

/** A destination stands where its last change put it, so several changes between two looks are one row. */
async function readChanged(
  db: Database,
  after: FeedPosition,
  limit: number,
): Promise<{ entries: FeedEntry<Changed>[]; held: boolean }> {
  const rows = await db.query<Partial<Changed> & { transaction: string; held: boolean }>(
    `select held, changed.*
    from (
      select exists (
        select from destination where changed_in >= pg_snapshot_xmin(pg_current_snapshot())
      ) as held
    ) as state
    left join (
      select changed_in::text as transaction, id, organization_id as "organizationId"
      from destination
      where (changed_in, id) > ($1::text::xid8, $2)
        and changed_in < pg_snapshot_xmin(pg_current_snapshot())
      order by changed_in, id limit $3
    ) as changed on true
    order by transaction::xid8, id`,
    [after.transaction, after.id, limit],
  )
  const entries = rows.flatMap(({ transaction, id, organizationId }) =>
    id && organizationId ? [{ position: { transaction, id }, row: { id, organizationId } }] : [],
  )
  return { entries, held: rows[0]?.held ?? false }
}
