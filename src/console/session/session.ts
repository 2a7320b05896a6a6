import { createContext, use } from 'react'
import type { Scope, ViewerQuery } from '../generated/graphql.ts'
import type { ConsoleClient } from './client.ts'

export interface Session {
  client: ConsoleClient
  viewer: ViewerQuery['viewer']
  /** Null if the host page provides the credential: then the host page signs out. */
  signOut: (() => void) | null
  /** Unsaved edits, kept in memory across an expired session. See `useUnsaved`. */
  unsaved: Map<string, object>
}

export const SessionContext = createContext<Session | null>(null)

/** Returns the session. Works only in components that are shown after the sign-in. */
export function useSession(): Session {
  const session = use(SessionContext)
  if (!session) throw new Error('useSession works only after the sign-in')
  return session
}

/** @returns whether the credential has a scope. Controls that need another scope are not shown. */
export function useScopes(): (scope: Scope) => boolean {
  const { scopes } = useSession().viewer
  return (scope) => scopes.includes(scope)
}

/**
 * Keeps unsaved edits of an object when the session expires, for the next sign-in to the same organization.
 * @returns the edits that were kept, and a function that replaces them; null removes them
 */
export function useUnsaved<Edits extends object>(id: string) {
  const { unsaved, viewer } = useSession()
  const key = `${viewer.organization.id} ${id}`
  return {
    kept: unsaved.get(key) as Edits | undefined,
    keep(edits: Edits | null): void {
      if (edits) unsaved.set(key, edits)
      else unsaved.delete(key)
    },
  }
}
