import { RouterProvider } from '@tanstack/react-router'
import { type ReactElement, useCallback, useEffect, useState } from 'react'
import { Provider } from 'urql'
import { ToastProvider } from './elements/toast.tsx'
import type { Pages } from './router.tsx'
import {
  type Credential,
  forgetCredential,
  hasSignedOut,
  resetCredential,
  storeCredential,
  storedCredential,
} from './session/credential.ts'
import { SessionContext } from './session/session.ts'
import { type Entry, enter } from './session/sign-in.ts'
import { SignInPage } from './session/sign-in-page.tsx'
import { LoadingShell } from './shell/shell.tsx'

interface ConsoleProps {
  url: string
  credential?: Credential
  localKey?: string
  pages: Pages
}

type State = Entry | { state: 'entering' } | { state: 'signed-out'; message: string | null }

const ENDED =
  'Your sign-in has ended: the key or token expired or was revoked. Sign in again to go on where you were.'

const KEPT = 'What you have not saved is kept until then.'

const ENDED_OUTSIDE =
  'The sign-in of the page around this one has ended, or is not accepted here. Sign in there again, then try again.'

/** The whole console: the sign-in, and behind it the pages. */
export function Console({ url, credential, localKey, pages }: ConsoleProps): ReactElement {
  const first = credential ?? storedCredential() ?? (hasSignedOut() ? null : localKey) ?? null
  const [state, setState] = useState<State>(
    first ? { state: 'entering' } : { state: 'signed-out', message: null },
  )
  const [unsaved] = useState(() => new Map<string, object>())
  const keep = useCallback(
    (accepted: Credential) => {
      if (accepted === localKey) resetCredential()
      else if (typeof accepted === 'string' && accepted !== credential) storeCredential(accepted)
    },
    [localKey, credential],
  )
  const signIn = useCallback(
    async (offered: Credential) => {
      const onUnauthenticated = () => {
        if (credential === undefined) forgetCredential()
        setState({ state: 'signed-out', message: unsaved.size > 0 ? `${ENDED} ${KEPT}` : ENDED })
      }
      const entry = await enter(offered, { url, onUnauthenticated })
      if (entry.state === 'entered') keep(offered)
      setState(entry)
    },
    [url, credential, keep, unsaved],
  )
  // Only once: what is offered first does not change while the page is open.
  // biome-ignore lint/correctness/useExhaustiveDependencies: see above
  useEffect(() => {
    if (first) void signIn(first)
  }, [signIn])

  const entered = state.state === 'entered' ? state.client : null
  // The pages follow the address themselves while they are shown. Behind the sign-in somebody may go back, too.
  useEffect(
    () => (entered ? undefined : pages.history.subscribe(() => void pages.load())),
    [entered, pages],
  )
  // However it ends, by signing out, by a refusal or with the page around it, no connection is left behind.
  useEffect(() => () => entered?.live.close(), [entered])

  if (state.state === 'entering') return <LoadingShell />
  if (state.state !== 'entered') {
    const again = state.state === 'unreachable' ? state.credential : credential
    return (
      <SignInPage
        message={credential && state.state !== 'unreachable' ? ENDED_OUTSIDE : state.message}
        onSignIn={signIn}
        {...(again && { again: () => signIn(again) })}
        {...(localKey && { localKey })}
        fromHost={credential !== undefined}
      />
    )
  }
  const { client, viewer } = state
  const signOut = () => {
    forgetCredential()
    unsaved.clear()
    setState({ state: 'signed-out', message: null })
  }
  return (
    <SessionContext value={{ client, viewer, signOut: credential ? null : signOut, unsaved }}>
      <Provider value={client.urql}>
        <ToastProvider>
          <RouterProvider router={pages} />
        </ToastProvider>
      </Provider>
    </SessionContext>
  )
}
