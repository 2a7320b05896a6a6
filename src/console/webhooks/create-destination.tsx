import { useNavigate } from '@tanstack/react-router'
import { type FormEvent, type ReactElement, useState } from 'react'
import { useMutation } from 'urql'
import { Button } from '../elements/button.tsx'
import { Dialog, DialogActions } from '../elements/dialog.tsx'
import { TextField } from '../elements/field.tsx'
import { useToast } from '../elements/toast.tsx'
import { errorMessage } from '../session/client.ts'
import { CreateDestinationDocument } from './operations.ts'

/** Asks for a name, creates the destination and opens its page. */
export function CreateDestination({ onClose }: { onClose: () => void }): ReactElement {
  const [name, setName] = useState('')
  const [error, setError] = useState<string | null>(null)
  const [{ fetching }, create] = useMutation(CreateDestinationDocument)
  const navigate = useNavigate()
  const toast = useToast()
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (fetching) return
    if (name.trim() === '') return setError('Enter a name, such as “Our CRM”.')
    const { data, error: failure } = await create({ input: { name } })
    const result = data?.destinationCreate
    if (result?.__typename !== 'Destination') {
      const issue = result?.__typename === 'ValidationError' ? result.issues[0] : undefined
      return setError(issue?.message ?? result?.message ?? (failure ? errorMessage(failure) : null))
    }
    toast(`“${name.trim()}” created`)
    await navigate({ to: '/destinations/$id', params: { id: result.id } })
  }
  return (
    <Dialog
      title="Create destination"
      description="It starts inactive. Next, set its URL and events, then activate it."
      onClose={onClose}
    >
      <form onSubmit={submit}>
        <TextField
          label="Name"
          value={name}
          onChange={(event) => setName(event.target.value)}
          placeholder="Our CRM"
          maxLength={255}
          autoComplete="off"
          error={error}
          hint="You can change it later."
        />
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" busy={fetching}>
            Create destination
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  )
}
