import type { DestinationFeed } from './feed.ts'
import {
  createFeedTail,
  type FeedEntry,
  type FeedPosition,
  type FeedTail,
  type RunningFeed,
} from './feed-tail.ts'
import type { Clock, Database, Listener, Logger } from './ports.ts'
import { iterate, type Subscription } from './subscription.ts'

type Ports = { db: Database; listener: Listener; clock: Clock; log: Logger }
type Changed = { id: string; organizationId: string }

/** Milliseconds in which changes of one destination become one: enough for results that end together. */
const SETTLE = 20

export async function createDestinationFeed(ports: Ports): Promise<DestinationFeed & RunningFeed> {
  const open = new Set<Subscription<Changed>>()
  const tail = await createFeedTail<Changed>(ports, {
    channel: 'destination_changed',
    settle: SETTLE,
    read: (after, limit) => readChanged(ports.db, after, limit),
  })
  return {
    subscribe(organizationId, id) {
      const wants = (row: Changed) =>
        row.organizationId === organizationId && (id === null || row.id === id)
      const { next, end } = createSubscriber(tail, wants)
      const subscriber = {
        next,
        end() {
          end()
          open.delete(subscriber)
        },
      }
      open.add(subscriber)
      return iterate(subscriber)
    },
    subscribers: () => open.size,
    alive: tail.alive,
    async close() {
      for (const subscriber of open) subscriber.end()
      await tail.close()
    },
  }
}

/** A subscriber waits with the ids that changed, each once: what it gets is how they stand when it asks. */
function createSubscriber(
  tail: FeedTail<Changed>,
  wants: (row: Changed) => boolean,
): Subscription<Changed> {
  const changed = new Map<string, Changed>()
  let following: Promise<unknown> | null = null
  let ended = false
  let arrived = Promise.withResolvers<void>()

  function hear({ row }: FeedEntry<Changed>): void {
    if (!wants(row)) return
    changed.set(row.id, row)
    arrived.resolve()
  }

  return {
    async next() {
      following ??= tail.follow(hear)
      await following
      while (!ended) {
        const [next] = changed.values()
        if (next) {
          changed.delete(next.id)
          return next
        }
        arrived = Promise.withResolvers()
        await arrived.promise
      }
      return null
    },
    end() {
      ended = true
      tail.unfollow(hear)
      arrived.resolve()
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
