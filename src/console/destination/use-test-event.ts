import { useEffect, useRef, useState } from 'react'
import { useMutation } from 'urql'
import type { EventType, WatchTestsSubscription } from '../generated/graphql.ts'
import { errorMessage } from '../session/client.ts'
import { useLive } from '../session/use-live.ts'
import { SendTestDocument, WatchTestsDocument } from './operations.ts'

export type TestAttempt = WatchTestsSubscription['deliveryAttempted']

type State =
  | { name: 'ready' }
  | { name: 'sending'; delivery: string | null; isDelayed: boolean }
  | { name: 'rejected'; message: string }
  | { name: 'attempted'; attempt: TestAttempt }

/** Milliseconds after which the section says that it is still waiting. An attempt takes at most 5 s. */
const DELAYED_AFTER_MS = 8_000

/** Sends test events and receives their results, also after a broken connection. */
export function useTestEvent(id: string) {
  const [state, setState] = useState<State>({ name: 'ready' })
  const [, sendTest] = useMutation(SendTestDocument)
  const last = useRef<string | null>(null)
  /** Attempts may arrive before the response that names their delivery. */
  const received = useRef(new Map<string, TestAttempt>())
  const delivery = state.name === 'sending' ? state.delivery : null

  useLive(WatchTestsDocument, {
    key: id,
    variables: () => ({ id, after: last.current }),
    onData: ({ deliveryAttempted: attempt }) => {
      last.current = attempt.id
      if (!attempt.delivery.test) return
      received.current.set(attempt.delivery.id, attempt)
      if (attempt.delivery.id === delivery) setState({ name: 'attempted', attempt })
    },
  })
  useEffect(() => {
    if (delivery === null) return
    const timer = setTimeout(
      () => setState({ name: 'sending', delivery, isDelayed: true }),
      DELAYED_AFTER_MS,
    )
    return () => clearTimeout(timer)
  }, [delivery])

  const send = async (event: EventType) => {
    received.current.clear()
    setState({ name: 'sending', delivery: null, isDelayed: false })
    const { data, error } = await sendTest({ id, event })
    const result = data?.destinationSendTest
    if (result?.__typename !== 'Delivery') {
      return setState({
        name: 'rejected',
        message: result?.message ?? (error ? errorMessage(error) : ''),
      })
    }
    const attempt = received.current.get(result.id)
    setState(
      attempt
        ? { name: 'attempted', attempt }
        : { name: 'sending', delivery: result.id, isDelayed: false },
    )
  }
  return { state, send }
}
