/** Failed attempts since the last activation that disable a destination, as the setup guide says. */
export const FAILURE_LIMIT = 15

/** Destinations that an organization can have. Limits the deliveries of one event. */
export const DESTINATION_LIMIT = 20_000

/** The longest overlap of a secret rotation, in seconds: a week. */
export const MAX_OVERLAP_SECONDS = 604_800

/** INACTIVE: new, or deactivated by a user. DISABLED: deactivated by the service after `FAILURE_LIMIT` failed attempts. */
export type DestinationStatus = 'INACTIVE' | 'ACTIVE' | 'DISABLED'

/** A setting without which a destination cannot be activated. */
export type DestinationRequirement = 'URL' | 'EVENTS'

/** Returns the requirements that a destination does not meet; empty when it can be activated. */
export function missingRequirements(destination: {
  url: string | null
  events: readonly string[]
}): DestinationRequirement[] {
  const missing: DestinationRequirement[] = []
  if (destination.url === null) missing.push('URL')
  if (destination.events.length === 0) missing.push('EVENTS')
  return missing
}
