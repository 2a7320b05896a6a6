import { useEffect, useRef, useState } from 'react'
import { useMutation } from 'urql'
import type { EventType, WatchTestsSubscription } from '../generated/graphql.ts'
import { errorMessage } from '../session/client.ts'
import { useLive } from '../session/use-live.ts'
import { SendTestDocument, WatchTestsDocument } from './operations.ts'

export type TestAttempt = WatchTestsSubscription['deliveryAttempted']

type State =
  | { name: 'ready' }
  | { name: 'sending'; delivery: string | null; words: string }
  | { name: 'refused'; message: string }
  | { name: 'attempted'; attempt: TestAttempt }

/** Milliseconds after which it says that it still waits. An attempt takes 5 s at most. */
const LONG = 8_000

/** Sends test events and hears what became of them, also when the connection broke in between. */
export function useTestEvent(id: string) {
  const [state, setState] = useState<State>({ name: 'ready' })
  const [, sendTest] = useMutation(SendTestDocument)
  const last = useRef<string | null>(null)
  /** Attempts may be heard of before the answer that says which delivery they belong to. */
  const heard = useRef(new Map<string, TestAttempt>())
  const delivery = state.name === 'sending' ? state.delivery : null

  useLive(WatchTestsDocument, {
    key: id,
    variables: () => ({ id, after: last.current }),
    onData: ({ deliveryAttempted: attempt }) => {
      last.current = attempt.id
      if (!attempt.delivery.test) return
      heard.current.set(attempt.delivery.id, attempt)
      if (attempt.delivery.id === delivery) setState({ name: 'attempted', attempt })
    },
  })
  useEffect(() => {
    if (delivery === null) return
    const timer = setTimeout(
      () => setState({ name: 'sending', delivery, words: 'Still waiting for the attempt …' }),
      LONG,
    )
    return () => clearTimeout(timer)
  }, [delivery])

  const send = async (event: EventType) => {
    heard.current.clear()
    setState({ name: 'sending', delivery: null, words: 'Sending …' })
    const { data, error } = await sendTest({ id, event })
    const result = data?.destinationSendTest
    if (result?.__typename !== 'Delivery') {
      return setState({
        name: 'refused',
        message: result?.message ?? (error ? errorMessage(error) : ''),
      })
    }
    const attempt = heard.current.get(result.id)
    setState(
      attempt
        ? { name: 'attempted', attempt }
        : { name: 'sending', delivery: result.id, words: 'Sending …' },
    )
  }
  return { state, send }
}
