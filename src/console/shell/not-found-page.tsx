import { Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { buttonClass } from '../elements/button.tsx'
import { EmptyState } from '../elements/empty-state.tsx'

/** For addresses that no page has. */
export function NotFoundPage(): ReactElement {
  return (
    <EmptyState
      title="There is no such page"
      actions={
        <Link to="/" className={buttonClass()}>
          Go to Webhooks
        </Link>
      }
    >
      <p>The address may be mistyped, or what was here is gone.</p>
    </EmptyState>
  )
}
