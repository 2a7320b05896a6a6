/**
 * The channels of NOTIFY. A notification only announces that rows have changed: a process that misses one finds the rows
 * by polling. The triggers in prisma/migrations repeat the name of `destinationChanged`.
 */
export const CHANNELS = {
  /** Payload: the ids of destinations with work, separated by commas; see `delivery/queue.ts`. */
  destinationWoken: 'destination_woken',
  /** No payload, as for the channels below. */
  attemptRecorded: 'attempt_recorded',
  destinationChanged: 'destination_changed',
  destinationDeleted: 'destination_deleted',
} as const
