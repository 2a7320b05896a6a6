import type { ReactElement } from 'react'
import { EmptyState } from '../elements/empty-state.tsx'

/** In place of what a key without the scope DESTINATIONS_READ cannot see. */
export function NotReadable(): ReactElement {
  return (
    <EmptyState title="Your key cannot read destinations">
      <p>It lacks the scope DESTINATIONS_READ. Sign in with one that has it, or ask who made it.</p>
    </EmptyState>
  )
}
