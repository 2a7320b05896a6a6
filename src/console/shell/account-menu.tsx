import { type ReactElement, useId } from 'react'
import { Button } from '../elements/button.tsx'
import { useSession } from '../session/session.ts'
import styles from './shell.module.css'

/** Whose destinations these are, and the way out. */
export function AccountMenu(): ReactElement {
  const { signOut, viewer } = useSession()
  const id = useId()
  return (
    <div className={styles.account}>
      <span id={id} className={styles.organization} title={viewer.organization.name}>
        {viewer.organization.name}
      </span>
      {signOut && (
        <Button variant="quiet" onClick={signOut} aria-describedby={id}>
          Sign out
        </Button>
      )}
    </div>
  )
}
