import type { DocumentNode } from 'graphql'
import type { ReactElement } from 'react'
import { Dialog } from '../elements/dialog.tsx'
import { GraphqlOperation, nameOf } from './graphql-operation.tsx'

interface GraphqlDialogProps {
  operations: readonly DocumentNode[]
  onClose: () => void
}

/** Lists the operations of a page. */
export function GraphqlDialog({ operations, onClose }: GraphqlDialogProps): ReactElement {
  return (
    <Dialog
      wide
      title="GraphQL for this page"
      description="The operations that this page sends. Your programs can send them too."
      onClose={onClose}
    >
      {operations.map((operation) => (
        <GraphqlOperation key={nameOf(operation)} operation={operation} />
      ))}
    </Dialog>
  )
}
