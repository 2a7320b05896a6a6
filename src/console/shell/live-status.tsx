import type { ReactElement } from 'react'
import type { LiveState } from '../session/live-connection.ts'
import { useSession } from '../session/session.ts'
import { useSignal } from '../signal.ts'
import styles from './live-status.module.css'

const WORDS: Record<Exclude<LiveState, 'idle'>, string> = {
  connecting: 'Connecting',
  live: 'Live',
  reconnecting: 'Reconnecting',
  offline: 'Offline',
}

/** Whether what is shown is kept up to date; nothing on pages that show nothing live. */
export function LiveStatus(): ReactElement {
  const state = useSignal(useSession().client.live.state)
  return (
    <span role="status" aria-label="Live updates" className={styles.sign} data-state={state}>
      {state !== 'idle' && WORDS[state]}
    </span>
  )
}
