import { type ErrorComponentProps, Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { Banner } from '../elements/banner.tsx'
import { Button, buttonClass } from '../elements/button.tsx'
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

/** When a page itself breaks: most often because its files have changed since this one was opened. */
export function PageFailure({ error }: ErrorComponentProps): ReactElement {
  return (
    <Banner
      tone="bad"
      urgent
      title="This page could not be shown"
      actions={<Button onClick={() => location.reload()}>Reload</Button>}
    >
      <p>A newer version of it may be there. {String(error)}</p>
    </Banner>
  )
}
