import { type ReactElement, useState } from 'react'
import { useMutation } from 'urql'
import { ConfirmDialog } from '../elements/confirm-dialog.tsx'
import { explain } from '../explain-error.ts'
import { DeleteDestinationDocument } from './operations.ts'

interface DeleteDestinationProps {
  destination: { id: string; name: string }
  onDeleted: () => void
  onClose: () => void
}

const CONTEXT = { additionalTypenames: ['Destination'] }

/** Asks once more, and deletes. One that is gone already counts as deleted. */
export function DeleteDestination(props: DeleteDestinationProps): ReactElement {
  const { destination, onDeleted, onClose } = props
  const [{ fetching }, remove] = useMutation(DeleteDestinationDocument)
  const [error, setError] = useState<string | null>(null)
  const confirm = async () => {
    const { error: failure } = await remove({ id: destination.id }, CONTEXT)
    if (failure) return setError(explain(failure))
    onDeleted()
    onClose()
  }
  return (
    <ConfirmDialog
      title={`Delete “${destination.name}”?`}
      confirm="Delete"
      busy={fetching}
      error={error}
      onConfirm={confirm}
      onCancel={onClose}
    >
      <p>
        This is permanent and cannot be undone. Its deliveries, its history and its signing secret
        go with it. To receive events again, you will need to create a new webhook.
      </p>
    </ConfirmDialog>
  )
}
