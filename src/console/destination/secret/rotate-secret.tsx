import { type FormEvent, type ReactElement, useState } from 'react'
import { useMutation } from 'urql'
import { Button } from '../../elements/button.tsx'
import { CopyButton } from '../../elements/copy-button.tsx'
import { Dialog, DialogActions } from '../../elements/dialog.tsx'
import { errorMessage } from '../../session/client.ts'
import { RotateSecretDocument } from '../operations.ts'
import styles from './rotate-secret.module.css'

const OVERLAPS = [
  {
    seconds: 86_400,
    label: '24 hours',
    hint: 'Enough time to update your receiver without losing requests.',
  },
  {
    seconds: 604_800,
    label: '7 days',
    hint: 'If you have several receivers or need to deploy a release.',
  },
  { seconds: 3_600, label: '1 hour', hint: 'If you can update your receiver right away.' },
  { seconds: 0, label: 'Revoke now', hint: 'If it has leaked.' },
] as const

interface RotateSecretProps {
  id: string
  onClose: () => void
}

/** Asks how long the old secret stays valid, and replaces it. */
export function RotateSecret({ id, onClose }: RotateSecretProps): ReactElement {
  const [overlapSeconds, setOverlap] = useState<number>(OVERLAPS[0].seconds)
  const [secret, setSecret] = useState<string | null>(null)
  const [error, setError] = useState<string | null>(null)
  const [{ fetching }, rotate] = useMutation(RotateSecretDocument)
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (fetching) return
    const { data, error: failure } = await rotate({ id, overlapSeconds })
    const result = data?.destinationRotateSecret
    if (result?.__typename === 'SecretRevealed') return setSecret(result.secret)
    setError(result?.message ?? (failure ? errorMessage(failure) : null))
  }
  if (secret !== null) return <NewSecret secret={secret} onClose={onClose} />
  return (
    <Dialog
      title="Rotate signing secret"
      description="Requests are signed with the new secret from now on. While the old secret is valid, they also carry its signature in X-Webhook-Signature-Previous, so receivers can verify them with either one."
      onClose={onClose}
    >
      <form onSubmit={submit} className={styles.form}>
        <OverlapChoice overlapSeconds={overlapSeconds} onChange={setOverlap} />
        {error && (
          <p role="alert" className={styles.error}>
            {error}
          </p>
        )}
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" busy={fetching}>
            Rotate secret
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  )
}

interface OverlapChoiceProps {
  overlapSeconds: number
  onChange: (seconds: number) => void
}

const OverlapChoice = ({ overlapSeconds, onChange }: OverlapChoiceProps): ReactElement => (
  <fieldset className={styles.choices}>
    <legend>How long should the old secret stay valid?</legend>
    {OVERLAPS.map(({ label, seconds, hint }) => (
      <label key={seconds} className={styles.choice}>
        <input
          type="radio"
          name="overlap"
          checked={overlapSeconds === seconds}
          onChange={() => onChange(seconds)}
        />
        <span className={styles.name}>{label}</span>
        <span className={styles.hint}>{hint}</span>
      </label>
    ))}
  </fieldset>
)

function NewSecret({ secret, onClose }: { secret: string; onClose: () => void }): ReactElement {
  return (
    <Dialog
      title="New signing secret"
      description="Update your receiver with this secret. You can also copy it from the webhook’s page later."
      onClose={onClose}
    >
      <code className={styles.secret}>{secret}</code>
      <DialogActions>
        <CopyButton text={secret} label="the new signing secret" />
        <Button variant="primary" onClick={onClose}>
          Done
        </Button>
      </DialogActions>
    </Dialog>
  )
}
