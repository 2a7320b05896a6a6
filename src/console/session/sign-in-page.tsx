import { type FormEvent, type ReactElement, useState } from 'react'
import { Button } from '../elements/button.tsx'
import { TextField } from '../elements/field.tsx'
import { Mark } from '../shell/shell.tsx'
import { type Credential, cleanCredential } from './credential.ts'
import styles from './sign-in-page.module.css'

interface SignInPageProps {
  /** Why the previous session or sign-in ended; null on the first visit. */
  message: string | null
  onSignIn: (credential: Credential) => Promise<void>
  /** Repeats the sign-in with the same credential. */
  retry?: () => Promise<void>
  /** Whether the host page provides the credential. Hides the form. */
  fromHost: boolean
}

/** Asks for an API key or a token. */
export function SignInPage(props: SignInPageProps): ReactElement {
  const { message, onSignIn, retry, fromHost } = props
  const [busy, setBusy] = useState(false)
  const run = async (action: () => Promise<void>) => {
    setBusy(true)
    await action()
    setBusy(false)
  }
  return (
    <main className={styles.page}>
      <div className={styles.card}>
        <Mark size={36} />
        <h1>Sign in to Webhooks</h1>
        {message && (
          <p role="alert" className={styles.message}>
            {message}
          </p>
        )}
        {!fromHost && (
          <KeyForm busy={busy} onSubmit={(credential) => run(() => onSignIn(credential))} />
        )}
        {retry && (
          <Button busy={busy} onClick={() => run(retry)}>
            Try again
          </Button>
        )}
      </div>
    </main>
  )
}

interface KeyFormProps {
  busy: boolean
  onSubmit: (credential: string) => void
}

function KeyForm({ busy, onSubmit }: KeyFormProps): ReactElement {
  const [text, setText] = useState('')
  const [missing, setMissing] = useState(false)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const credential = cleanCredential(text)
    setMissing(credential === '')
    if (credential !== '') onSubmit(credential)
  }
  return (
    <form onSubmit={submit} className={styles.form}>
      <TextField
        label="API key or token"
        type="password"
        autoComplete="off"
        spellCheck={false}
        value={text}
        onChange={(event) => setText(event.target.value)}
        placeholder="bmk_…"
        error={missing ? 'Enter an API key or token.' : null}
        hint="Kept in this tab until you close it, and sent only to this API."
      />
      <Button type="submit" variant="primary" busy={busy}>
        Sign in
      </Button>
    </form>
  )
}
