import type { DocumentNode } from 'graphql'
import type { ReactElement } from 'react'
import { Dialog } from '../elements/dialog.tsx'
import { GraphqlOperation, nameOf } from './graphql-operation.tsx'

interface GraphqlDialogProps {
  operations: readonly DocumentNode[]
  onClose: () => void
}

/** The operations of a page as text, each with a way to run it. */
export function GraphqlDialog({ operations, onClose }: GraphqlDialogProps): ReactElement {
  return (
    <Dialog
      wide
      title="GraphQL of this page"
      description="What this page asks the API, and what its buttons send. Yours can do the same."
      onClose={onClose}
    >
      {operations.map((operation) => (
        <GraphqlOperation key={nameOf(operation)} operation={operation} />
      ))}
    </Dialog>
  )
}
