import { createContext, use } from 'react'
import type { ConsoleClient } from '../client.ts'
import type { Scope, ViewerQuery } from '../generated/graphql.ts'

export interface Session {
  client: ConsoleClient
  viewer: ViewerQuery['viewer']
  /** Null when the host page signed in: then it also signs out. */
  signOut: (() => void) | null
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
