import type { Viewer } from '../../access/authentication.ts'
import { createShares } from '../../concurrency/shares.ts'

/** How many slots can be taken at once. */
export interface SlotLimits {
  /** In this process. */
  process: number
  /** Of one organization, across all its keys and users; less if others need them. */
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

export interface Slots {
  /** Takes a slot, or returns null if the process has none left. */
  take(): Slot | null
  isFull(): boolean
}

/**
 * Returns the key by which callers are counted: one for each API key, for each organization that a platform key acts for,
 * and for each user.
 */
export function callerKey({ apiKeyId, organizationId, userId }: Viewer): string {
  return `${organizationId} ${apiKeyId ?? `user ${userId}`}`
}

/** Counts slots in the process, for each organization and for each caller. */
export function createSlots(limits: SlotLimits): Slots {
  const shares = createShares(limits.process)
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
    let organization: string | null = null
    let isReleased = false
    return {
      assign(viewer) {
        const { organizationId } = viewer
        const caller = callerKey(viewer)
        const isAvailable =
          shares.hasRoom(organizationId) &&
          hasSlot(organizationId, limits.organization) &&
          hasSlot(caller, limits.caller)
        if (isReleased || !isAvailable) return false
        organization = organizationId
        owners = [organizationId, caller]
        shares.take(organizationId, 1)
        for (const owner of owners) add(owner, 1)
        return true
      },
      release() {
        if (isReleased) return
        isReleased = true
        taken -= 1
        if (organization !== null) shares.release(organization, 1)
        for (const owner of owners) add(owner, -1)
      },
    }
  }

  const isFull = () => taken >= limits.process

  return {
    isFull,
    take() {
      if (isFull()) return null
      taken += 1
      return createSlot()
    },
  }
}
