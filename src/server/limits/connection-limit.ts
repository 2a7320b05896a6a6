import type { Viewer } from '../../access/authentication.ts'
import { holderOf } from './holder.ts'

/** What stays open at once: WebSockets and event streams together. */
export interface ConnectionLimits {
  /** In this process, also those who have not said yet who they are. */
  process: number
  /** Of one organization, whatever its keys and users. */
  organization: number
  /** Of one holder: a key, or a user of the host product. */
  holder: number
}

/**
 * A backend may keep a socket for each of its thousands of users on one key. An organization can make as many
 * keys as it likes, and no one of them fills a process; who needs more needs more processes.
 */
export const DEFAULT_CONNECTION_LIMITS: ConnectionLimits = {
  process: 10_000,
  organization: 5_000,
  holder: 2_500,
}

/** Seconds after which it is worth to try again. */
export const RETRY_AFTER = 10

/** Room for one connection. */
export interface Place {
  /** Says, once, whose it is. @returns false when its organization or its holder has as many as it may */
  claim(viewer: Viewer): boolean
  /** Gives it back. Later calls change nothing. */
  leave(): void
}

/** @returns a place, or null when the process has no room */
export type Enter = () => Place | null

/** Counts what is open: in the whole, by organization and by holder. */
export function limitConnections(limits: ConnectionLimits): Enter {
  const owned = new Map<string, number>()
  let open = 0

  const hasRoom = (owner: string, limit: number) => (owned.get(owner) ?? 0) < limit

  function count(owner: string, change: 1 | -1): void {
    const now = (owned.get(owner) ?? 0) + change
    if (now > 0) owned.set(owner, now)
    else owned.delete(owner)
  }

  function placeOf(): Place {
    let owners: string[] = []
    let left = false
    return {
      claim(viewer) {
        const { organizationId } = viewer
        const holder = holderOf(viewer)
        const room = hasRoom(organizationId, limits.organization) && hasRoom(holder, limits.holder)
        if (left || !room) return false
        owners = [organizationId, holder]
        for (const owner of owners) count(owner, 1)
        return true
      },
      leave() {
        if (left) return
        left = true
        open -= 1
        for (const owner of owners) count(owner, -1)
      },
    }
  }

  return () => {
    if (open >= limits.process) return null
    open += 1
    return placeOf()
  }
}
