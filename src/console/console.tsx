import { RouterProvider } from '@tanstack/react-router'
import { type ReactElement, useEffect, useEffectEvent, useState } from 'react'
import { Provider } from 'urql'
import { ToastProvider } from './elements/toast.tsx'
import type { Pages } from './router.tsx'
import {
  type Credential,
  clearCredential,
  storeCredential,
  storedCredential,
} from './session/credential.ts'
import { SessionContext } from './session/session.ts'
import { type SignInResult, signIn } from './session/sign-in.ts'
import { SignInPage } from './session/sign-in-page.tsx'
import { LoadingShell } from './shell/shell.tsx'

interface ConsoleProps {
  url: string
  credential?: Credential
  signInMessage?: string
  pages: Pages
}

type State =
  | SignInResult
  | { state: 'signing-in' }
  | { state: 'signed-out'; message: string | null }

const EXPIRED =
  'Your session has ended: the key or token expired or was revoked. Sign in again to continue.'

const EDITS_KEPT = 'Your unsaved changes are kept.'

const HOST_EXPIRED =
  'Your session has ended or is not valid for webhooks. Sign in to this site again, then try again.'

/** Shows the sign-in and, after it, the pages. */
export function Console(props: ConsoleProps): ReactElement {
  const { credential, pages } = props
  const { state, startSession, signOut, unsaved } = useSignIn(props)
  const client = state.state === 'signed-in' ? state.client : null
  // The router follows the address only while it is rendered. During the sign-in the user may still go back.
  useEffect(
    () => (client ? undefined : pages.history.subscribe(() => void pages.load())),
    [client, pages],
  )
  // Closes the connection however the session ends: by signing out, by a rejection or by unmounting.
  useEffect(() => () => client?.live.close(), [client])

  if (state.state === 'signing-in') return <LoadingShell />
  if (state.state !== 'signed-in') {
    const retry = state.state === 'unreachable' ? state.credential : credential
    return (
      <SignInPage
        message={credential && state.state !== 'unreachable' ? HOST_EXPIRED : state.message}
        onSignIn={startSession}
        {...(retry && { retry: () => startSession(retry) })}
        fromHost={credential !== undefined}
      />
    )
  }
  const session = {
    client: state.client,
    viewer: state.viewer,
    signOut: credential ? null : signOut,
    unsaved,
  }
  return (
    <SessionContext value={session}>
      <Provider value={session.client.urql}>
        <ToastProvider>
          <RouterProvider router={pages} />
        </ToastProvider>
      </Provider>
    </SessionContext>
  )
}

/** Signs in with the first credential there is, and keeps the credential that the API accepts. */
function useSignIn({ url, credential, signInMessage }: ConsoleProps) {
  const first = credential ?? storedCredential()
  const [state, setState] = useState<State>(
    first ? { state: 'signing-in' } : { state: 'signed-out', message: signInMessage ?? null },
  )
  const [unsaved] = useState(() => new Map<string, object>())
  const startSession = async (offered: Credential) => {
    const onUnauthenticated = () => {
      if (credential === undefined) clearCredential()
      const message = unsaved.size > 0 ? `${EXPIRED} ${EDITS_KEPT}` : EXPIRED
      setState({ state: 'signed-out', message })
    }
    const result = await signIn(offered, { url, onUnauthenticated })
    if (result.state === 'signed-in') {
      if (typeof offered === 'string' && offered !== credential) storeCredential(offered)
    }
    setState(result)
  }
  const startFirst = useEffectEvent(() => first && startSession(first))
  useEffect(() => void startFirst(), [])
  const signOut = () => {
    clearCredential()
    unsaved.clear()
    setState({ state: 'signed-out', message: null })
  }
  return { state, startSession, signOut, unsaved }
}
