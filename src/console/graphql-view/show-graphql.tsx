import type { DocumentNode } from 'graphql'
import { lazy, type ReactElement, Suspense, useState } from 'react'
import { Button } from '../elements/button.tsx'

const GraphqlDialog = lazy(async () => ({
  default: (await import('./graphql-dialog.tsx')).GraphqlDialog,
}))

/** Shows the operations behind a page, ready to copy: the page is the best example of how to use the API. */
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
