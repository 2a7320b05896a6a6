import { lazy, type ReactElement, Suspense, useState } from 'react'
import { useMutation } from 'urql'
import { Button } from '../../elements/button.tsx'
import { CopyButton } from '../../elements/copy-button.tsx'
import { Section } from '../../elements/section.tsx'
import { Time } from '../../elements/time.tsx'
import { errorMessage } from '../../session/client.ts'
import { useScopes } from '../../session/session.ts'
import { RevealSecretDocument } from '../operations.ts'
import type { Detail } from '../use-destination.ts'
import styles from './secret-section.module.css'

const RotateSecret = lazy(async () => ({
  default: (await import('./rotate-secret.tsx')).RotateSecret,
}))

/** Invalidates the audit log, so that the activity shows the entry at once. */
const CONTEXT = { additionalTypenames: ['AuditEntry'] }

/** Shows the masked signing secret, with buttons that copy and rotate it. */
export function SecretSection({ destination }: { destination: Detail }): ReactElement {
  const { id, secret } = destination
  const may = useScopes()
  const [rotating, setRotating] = useState(false)
  const [error, setError] = useState<string | null>(null)
  const [, reveal] = useMutation(RevealSecretDocument)
  const readSecret = async () => {
    const { data, error: failure } = await reveal({ id }, CONTEXT)
    const result = data?.destinationRevealSecret
    const shown = result?.__typename === 'SecretRevealed'
    setError(shown ? null : (result?.message ?? (failure ? errorMessage(failure) : null)))
    return shown ? result.secret : null
  }
  return (
    <Section title="Signing secret" description="Use it to verify that requests come from Bigmind.">
      <div className={styles.line}>
        <code className={styles.secret}>
          {secret.masked.slice(0, 6)}
          <span aria-hidden="true">{secret.masked.slice(6)}</span>
        </code>
        {may('SECRETS_READ') && <CopyButton text={readSecret} label="the signing secret" />}
      </div>
      {error && (
        <p role="alert" className={styles.error}>
          {error}
        </p>
      )}
      <p className={styles.hint}>
        {may('SECRETS_READ')
          ? 'Copies the full secret. This is recorded under Activity.'
          : 'Your key lacks the scope SECRETS_READ, which copying the secret requires.'}
      </p>
      <SecretAge secret={secret} />
      {may('SECRETS_READ') && may('DESTINATIONS_WRITE') && (
        <Button className={styles.rotate} aria-haspopup="dialog" onClick={() => setRotating(true)}>
          Rotate secret
        </Button>
      )}
      {rotating && (
        <Suspense>
          <RotateSecret id={id} onClose={() => setRotating(false)} />
        </Suspense>
      )}
    </Section>
  )
}

function SecretAge({ secret }: Pick<Detail, 'secret'>): ReactElement {
  const { createdAt, previousExpiresAt } = secret
  return (
    <p className={styles.hint}>
      Created <Time value={createdAt} relative />.
      {previousExpiresAt && Date.parse(previousExpiresAt) > Date.now() && (
        <>
          {' '}
          The previous secret also signs until <Time value={previousExpiresAt} />.
        </>
      )}
    </p>
  )
}
