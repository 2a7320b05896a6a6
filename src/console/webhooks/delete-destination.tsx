import type { ReactElement } from 'react'
import { ConfirmDialog } from '../elements/dialog.tsx'

interface DeleteDestinationProps {
  name: string
  onConfirm: () => void
  onClose: () => void
}

/** Asks before a destination is deleted. */
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
        This permanently deletes the webhook with its deliveries, history and signing secret. You
        can’t undo this. To receive events again, you’ll need to create a new webhook.
      </p>
    </ConfirmDialog>
  )
}
