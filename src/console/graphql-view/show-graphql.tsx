import type { DocumentNode } from 'graphql'
import { lazy, type ReactElement, Suspense, useState } from 'react'
import { Button } from '../elements/button.tsx'

const GraphqlDialog = lazy(async () => ({
  default: (await import('./graphql-dialog.tsx')).GraphqlDialog,
}))

/** A button that shows the operations of a page. */
export function ShowGraphql({ operations }: { operations: readonly DocumentNode[] }): ReactElement {
  const [open, setOpen] = useState(false)
  return (
    <>
      <Button variant="quiet" aria-haspopup="dialog" onClick={() => setOpen(true)}>
        Show GraphQL
      </Button>
      {open && (
        <Suspense>
          <GraphqlDialog operations={operations} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  )
}
