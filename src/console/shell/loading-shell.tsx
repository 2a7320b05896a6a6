import type { ReactElement } from 'react'
import { Skeleton } from '../elements/skeleton.tsx'
import { Mark } from './mark.tsx'
import styles from './shell.module.css'

/** What stands while it is found out who is signed in: the frame, and where the page will be. */
export function LoadingShell(): ReactElement {
  return (
    <>
      <header className={styles.bar}>
        <span className={styles.brand}>
          <Mark />
          Bigmind
        </span>
      </header>
      <main className={styles.main} aria-busy="true" aria-label="Signing in">
        <Skeleton lines={3} />
      </main>
    </>
  )
}
