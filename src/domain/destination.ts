/** Failed attempts since the last activation after which a destination is DISABLED (setup guide). */
export const FAILURE_LIMIT = 15

/** Destinations an organization may have: far above any use seen, and a bound for one event's fan-out. */
export const DESTINATION_LIMIT = 20_000

/** Seconds a rotated-out secret may go on signing: a week. */
export const MAX_OVERLAP_SECONDS = 604_800

/** INACTIVE as created or deactivated by hand, DISABLED by the service after too many failures. */
export type DestinationStatus = 'INACTIVE' | 'ACTIVE' | 'DISABLED'

/** What a destination needs before it can be active. */
export type DestinationRequirement = 'URL' | 'EVENTS'

/** What this destination still lacks to be active, empty when it is ready. */
export function missingRequirements(destination: {
  url: string | null
  events: readonly string[]
}): DestinationRequirement[] {
  const missing: DestinationRequirement[] = []
  if (destination.url === null) missing.push('URL')
  if (destination.events.length === 0) missing.push('EVENTS')
  return missing
}
