import type { Viewer } from '../../access/authentication.ts'

/** How many slots can be taken at once. */
export interface SlotLimits {
  /** In this process, including slots of connections that are not authenticated yet. */
  process: number
  /** Of one organization, across all its keys and users. */
  organization: number
  /** Of one caller: an API key or a user. */
  caller: number
}

export interface Slot {
  /** Counts the slot for its caller, once. Returns false if the organization or the caller has no slot left. */
  assign(viewer: Viewer): boolean
  /** Gives the slot back. Later calls have no effect. */
  release(): void
}

/** Takes a slot, or returns null if the process has none left. */
export type TakeSlot = () => Slot | null

/**
 * Returns the key by which callers are counted: one for each API key, for each organization that a platform key acts for,
 * and for each user.
 */
export function callerKey({ apiKeyId, organizationId, userId }: Viewer): string {
  return `${organizationId} ${apiKeyId ?? `user ${userId}`}`
}

/** Counts slots in the process, for each organization and for each caller. */
export function createSlots(limits: SlotLimits): TakeSlot {
  const assigned = new Map<string, number>()
  let taken = 0

  const hasSlot = (owner: string, limit: number) => (assigned.get(owner) ?? 0) < limit

  function add(owner: string, change: 1 | -1): void {
    const count = (assigned.get(owner) ?? 0) + change
    if (count > 0) assigned.set(owner, count)
    else assigned.delete(owner)
  }

  function createSlot(): Slot {
    let owners: string[] = []
    let isReleased = false
    return {
      assign(viewer) {
        const { organizationId } = viewer
        const caller = callerKey(viewer)
        const isAvailable =
          hasSlot(organizationId, limits.organization) && hasSlot(caller, limits.caller)
        if (isReleased || !isAvailable) return false
        owners = [organizationId, caller]
        for (const owner of owners) add(owner, 1)
        return true
      },
      release() {
        if (isReleased) return
        isReleased = true
        taken -= 1
        for (const owner of owners) add(owner, -1)
      },
    }
  }

  return () => {
    if (taken >= limits.process) return null
    taken += 1
    return createSlot()
  }
}
