import type { ErrorComponentProps } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { Banner } from '../elements/banner.tsx'
import { Button } from '../elements/button.tsx'

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
