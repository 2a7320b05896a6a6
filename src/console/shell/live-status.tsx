import type { ReactElement } from 'react'
import type { LiveState } from '../session/live-connection.ts'
import { useSession } from '../session/session.ts'
import { useSignal } from '../signal.ts'
import styles from './live-status.module.css'

const NAMES: Record<Exclude<LiveState, 'idle'>, string> = {
  connecting: 'Connecting',
  live: 'Live',
  reconnecting: 'Reconnecting',
  offline: 'Offline',
}

/** Shows the state of the live connection; nothing on pages without live updates. */
export function LiveStatus(): ReactElement {
  const state = useSignal(useSession().client.live.state)
  return (
    <span role="status" aria-label="Live updates" className={styles.status} data-state={state}>
      {state !== 'idle' && NAMES[state]}
    </span>
  )
}
