/**
 * Test sends and retries by hand are urgent: they are sent before the other due deliveries of their destination. Deliveries
 * are sent in the order of `due_at`, so an urgent one is stored as due a century ago. One index, "delivery_due", then
 * serves both, and no query sorts by two columns. Code that shows or measures `due_at` uses `plannedAt`.
 */
const AHEAD_HOURS = 876_600
const AHEAD_MS = AHEAD_HOURS * 3_600_000

/** Deliveries that are not urgent are never due before this time. */
const URGENT_BEFORE = '2000-01-01T00:00:00Z'
const URGENT_BEFORE_MS = Date.parse(URGENT_BEFORE)

/** SQL: the `due_at` of an urgent delivery that is due now. In hours, since days and years vary with the time zone. */
export const URGENT_DUE_AT = `service_now() - interval '${AHEAD_HOURS} hours'`

export const isUrgent = (dueAt: Date): boolean => dueAt.getTime() < URGENT_BEFORE_MS

/** Returns when a delivery is due, urgent or not. */
export const plannedAt = (dueAt: Date): Date =>
  isUrgent(dueAt) ? new Date(dueAt.getTime() + AHEAD_MS) : dueAt

/** Returns the same as an SQL expression over a column. */
export const plannedAtSql = (column: string): string =>
  `case when ${column} < '${URGENT_BEFORE}' then ${column} + interval '${AHEAD_HOURS} hours' else ${column} end`
