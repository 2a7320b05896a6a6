import type { ReactElement } from 'react'
import styles from './skeleton.module.css'

/** Where text will be. The part around it says `aria-busy`. */
export function Skeleton({ lines = 1 }: { lines?: number }): ReactElement {
  return (
    <span className={styles.skeleton} aria-hidden="true">
      {Array.from({ length: lines }, (_, line) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the lines are all alike
        <span key={line} className={styles.line} />
      ))}
    </span>
  )
}
