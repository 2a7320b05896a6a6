import type { ReactElement, ReactNode } from 'react'
import styles from './badge.module.css'

export type Tone = 'good' | 'bad' | 'warn' | 'idle' | 'accent'

/** A state in a word. */
export function Badge({ tone, children }: { tone: Tone; children: ReactNode }): ReactElement {
  return (
    <span className={styles.badge} data-tone={tone}>
      {children}
    </span>
  )
}
