import type { Database } from '../storage/database.ts'
import type { LowestId } from '../storage/ids.ts'

/** What became of the attempts of one span of time. */
export interface AttemptBucket {
  /** Its beginning; it ends where the next one begins. */
  start: Date
  succeeded: number
  failed: number
}

/** From the bucket that one time is in to the bucket of another, in milliseconds since 1970. */
interface Span {
  from: number
  now: number
  bucketSeconds: number
}

/** How many buckets the span touches: 0 when it begins in the future. */
export function bucketCount({ from, now, bucketSeconds }: Span): number {
  const numberOf = (time: number) => Math.floor(time / (bucketSeconds * 1000))
  return Math.max(0, numberOf(now) - numberOf(from) + 1)
}

/**
 * Counts a destination's attempts by when they began, empty buckets included. An attempt gets its id when it
 * has ended, so none of a time has a lower id than that time gives: the index by destination and id is read
 * from there on.
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
