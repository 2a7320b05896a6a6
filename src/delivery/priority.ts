/**
 * What a person waits for, a test send or a retry by hand, is sent ahead of all else that waits for its destination.
 * Deliveries are sent in the order of `due_at`, so an urgent one is due a century ago: the index "delivery_due" serves
 * both, and no statement has to know of two orders. What shows or measures `due_at` uses `plannedAt`.
 */
const AHEAD_HOURS = 876_600
const AHEAD_MS = AHEAD_HOURS * 3_600_000

/** Nothing that is not urgent is due before. */
const URGENT_BEFORE = '2000-01-01T00:00:00Z'
const URGENT_BEFORE_MS = Date.parse(URGENT_BEFORE)

/** SQL: the `due_at` of what is to be sent now and first. Hours, because the length of days and years depends on the zone. */
export const URGENT_DUE_AT = `job_now() - interval '${AHEAD_HOURS} hours'`

export const isUrgent = (dueAt: Date): boolean => dueAt.getTime() < URGENT_BEFORE_MS

/** When a delivery is to be sent, whether or not it is urgent. */
export const plannedAt = (dueAt: Date): Date =>
  isUrgent(dueAt) ? new Date(dueAt.getTime() + AHEAD_MS) : dueAt

/** The same in SQL, of a column. */
export const plannedAtSql = (column: string): string =>
  `case when ${column} < '${URGENT_BEFORE}' then ${column} + interval '${AHEAD_HOURS} hours' else ${column} end`
