import type { Database } from '../storage/database.ts'
import type { LowestId } from '../storage/ids.ts'

/** The attempts that began within one interval. */
export interface AttemptBucket {
  /** The start of the interval. It ends where the next one starts. */
  start: Date
  succeeded: number
  failed: number
}

/** A time span in epoch milliseconds. It covers the buckets that contain `from` and `now`, and all between. */
interface Span {
  from: number
  now: number
  bucketSeconds: number
}

/** Returns the number of buckets of a span. 0 if it begins in the future. */
export function bucketCount({ from, now, bucketSeconds }: Span): number {
  const numberOf = (time: number) => Math.floor(time / (bucketSeconds * 1000))
  return Math.max(0, numberOf(now) - numberOf(from) + 1)
}

/**
 * Counts a destination's attempts by the time when they began, including empty buckets. An attempt gets its id when it has
 * ended, so an attempt that began after a time has an id above the lowest one of that time, and the index by destination and
 * id can be read from there.
 */
export async function countAttempts(
  { db, lowestId }: { db: Database; lowestId: LowestId },
  { id, organizationId }: { id: string; organizationId: string },
  span: Span,
): Promise<AttemptBucket[]> {
  const length = span.bucketSeconds * 1000
  const first = Math.floor(span.from / length) * length
  const count = bucketCount(span)
  if (count === 0) return []
  const rows = await db.query<{ place: number; succeeded: number; failed: number }>(COUNT, [
    id,
    lowestId('att', new Date(first)),
    new Date(first),
    span.bucketSeconds,
    organizationId,
  ])
  const counted = new Map(rows.map((row) => [row.place, row]))
  return Array.from({ length: count }, (_, place) => {
    const { succeeded = 0, failed = 0 } = counted.get(place) ?? {}
    return { start: new Date(first + place * length), succeeded, failed }
  })
}

const COUNT = `
select
  floor(extract(epoch from attempted_at - $3::timestamptz) / $4::int)::int as place,
  (count(*) filter (where status = 'SUCCEEDED'))::int as succeeded,
  (count(*) filter (where status = 'FAILED'))::int as failed
from delivery_attempt
where destination_id = $1 and id >= $2 and attempted_at >= $3 and organization_id = $5
group by place`
