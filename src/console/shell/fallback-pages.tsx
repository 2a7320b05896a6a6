import type { ErrorComponentProps } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { Banner } from '../elements/banner.tsx'
import { Button } from '../elements/button.tsx'
import { NotFound } from '../elements/empty-state.tsx'

/** Shown at an address that no page has. */
export const NotFoundPage = (): ReactElement => (
  <NotFound title="Page not found">
    The address may be mistyped, or the page has been removed.
  </NotFound>
)

/** Shown when a page fails to load or to render: most often because a new version replaced its files. */
export function PageFailure({ error }: ErrorComponentProps): ReactElement {
  return (
    <Banner
      tone="bad"
      urgent
      title="This page failed to load"
      actions={<Button onClick={() => location.reload()}>Reload</Button>}
    >
      <p>Reload to get the latest version. {String(error)}</p>
    </Banner>
  )
}
