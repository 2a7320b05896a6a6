import type { ReactElement } from 'react'
import { ConfirmDialog } from '../elements/dialog.tsx'

interface DeleteDestinationProps {
  name: string
  onConfirm: () => void
  onClose: () => void
}

/** Asks once more before a destination is deleted. */
export function DeleteDestination({
  name,
  onConfirm,
  onClose,
}: DeleteDestinationProps): ReactElement {
  return (
    <ConfirmDialog
      title={`Delete “${name}”?`}
      confirm="Delete"
      onConfirm={onConfirm}
      onCancel={onClose}
    >
      <p>
        This is permanent and cannot be undone. Its deliveries, its history and its signing secret
        go with it. To receive events again, you will need to create a new webhook.
      </p>
    </ConfirmDialog>
  )
}
