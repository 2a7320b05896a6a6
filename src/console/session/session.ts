import { createContext, use } from 'react'
import type { Scope, ViewerQuery } from '../generated/graphql.ts'
import type { ConsoleClient } from './client.ts'

export interface Session {
  client: ConsoleClient
  viewer: ViewerQuery['viewer']
  /** Null when the host page signed in: then it also signs out. */
  signOut: (() => void) | null
  /** What was edited and not saved, as `useUnsaved` keeps it. It outlives a sign-in that ended, in memory alone. */
  unsaved: Map<string, object>
}

export const SessionContext = createContext<Session | null>(null)

/** Who is signed in, and the way to the API. Only below the sign-in. */
export function useSession(): Session {
  const session = use(SessionContext)
  if (!session) throw new Error('There is no session outside of the sign-in')
  return session
}

/** @returns whether who is signed in may do this: ask before offering it, so that no request is refused */
export function useScopes(): (scope: Scope) => boolean {
  const { scopes } = useSession().viewer
  return (scope) => scopes.includes(scope)
}

/**
 * What was edited of a thing and not saved when a sign-in ended: for whoever signs in to the same organization again.
 * @returns what there is of it, and what keeps what is unsaved now, null for nothing
 */
export function useUnsaved<Edits extends object>(id: string) {
  const { unsaved, viewer } = useSession()
  const key = `${viewer.organization.id} ${id}`
  return {
    left: unsaved.get(key) as Edits | undefined,
    keep(edits: Edits | null): void {
      if (edits) unsaved.set(key, edits)
      else unsaved.delete(key)
    },
  }
}
