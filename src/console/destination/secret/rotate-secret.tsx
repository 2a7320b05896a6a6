import { type FormEvent, type ReactElement, useState } from 'react'
import { useMutation } from 'urql'
import { Button } from '../../elements/button.tsx'
import { CopyButton } from '../../elements/copy-button.tsx'
import { Dialog, DialogActions } from '../../elements/dialog.tsx'
import { errorMessage } from '../../session/client.ts'
import { RotateSecretDocument } from '../operations.ts'
import styles from './rotate-secret.module.css'

const OVERLAPS = [
  { seconds: 86_400, label: '24 hours', words: 'Time to change over without losing a request.' },
  { seconds: 604_800, label: '7 days', words: 'For several receivers, or a release in between.' },
  { seconds: 3_600, label: '1 hour', words: 'When you can put the new one in place right away.' },
  { seconds: 0, label: 'Not at all', words: 'When somebody else has seen it: it ends at once.' },
] as const

interface RotateSecretProps {
  id: string
  onClose: () => void
}

/** Replaces the secret, after asking for how long the old one goes on signing. */
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
      description="A new secret is made, and the next request is signed with it. During the overlap each request also carries a signature by the old secret, in X-Webhook-Signature-Previous, so that receivers with either one can verify it."
      onClose={onClose}
    >
      <form onSubmit={submit} className={styles.form}>
        <fieldset className={styles.choices}>
          <legend>How long does the old secret go on signing?</legend>
          {OVERLAPS.map(({ label, seconds, words }) => (
            <label key={seconds} className={styles.choice}>
              <input
                type="radio"
                name="overlap"
                checked={overlapSeconds === seconds}
                onChange={() => setOverlap(seconds)}
              />
              <span className={styles.name}>{label}</span>
              <span className={styles.words}>{words}</span>
            </label>
          ))}
        </fieldset>
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

function NewSecret({ secret, onClose }: { secret: string; onClose: () => void }): ReactElement {
  return (
    <Dialog
      title="The new signing secret"
      description="Put it where your receiver verifies signatures. Later it is masked again; you can copy it from this page at any time."
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
