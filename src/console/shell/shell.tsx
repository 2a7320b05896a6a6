import { Link, Outlet, useLocation } from '@tanstack/react-router'
import { type ReactElement, useId } from 'react'
import { Button } from '../elements/button.tsx'
import { Skeleton } from '../elements/section.tsx'
import { MAIN_ID } from '../host-page.ts'
import { useScopes, useSession } from '../session/session.ts'
import hidden from '../styles/hidden.module.css'
import { LiveStatus } from './live-status.tsx'
import styles from './shell.module.css'
import { ThemeSwitch } from './theme-switch.tsx'

const active = { className: `${styles.tab} ${styles.active}` }
const inactive = { className: styles.tab }

/** Frames every page: navigation, state of the live updates, theme, organization and sign-out. */
export function Shell(): ReactElement {
  const may = useScopes()
  return (
    <>
      <a href={`#${MAIN_ID}`} className={`${styles.skip} ${hidden.hidden}`}>
        Skip to content
      </a>
      <header className={styles.bar}>
        <Link to="/" className={styles.brand}>
          <Mark />
          Bigmind
        </Link>
        <nav aria-label="Pages" className={styles.tabs}>
          <WebhooksTab />
          <Link to="/events" activeProps={active} inactiveProps={inactive}>
            Event reference
          </Link>
          <Link to="/api" activeProps={active} inactiveProps={inactive}>
            API
          </Link>
          {may('DESTINATIONS_READ') && may('KEYS_MANAGE') && (
            <Link to="/audit-log" activeProps={active} inactiveProps={inactive}>
              Audit log
            </Link>
          )}
        </nav>
        <div className={styles.end}>
          <LiveStatus />
          <ThemeSwitch />
          <AccountMenu />
        </div>
      </header>
      <main id={MAIN_ID} tabIndex={-1} className={styles.main}>
        <Outlet />
      </main>
    </>
  )
}

/** Is also the active tab on the pages of a single webhook. */
function WebhooksTab(): ReactElement {
  const isActive = useLocation({
    select: ({ pathname }) => !/^\/(events|api|audit-log)(\/|$)/.test(pathname),
  })
  return (
    <Link to="/" activeProps={{}} activeOptions={EXACT} {...(isActive ? active : inactive)}>
      Webhooks
    </Link>
  )
}

const EXACT = { exact: true, includeSearch: false }

/** Shown during the sign-in: the frame and a placeholder of the page. */
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

/** Bigmind's logo. Hidden from screen readers: the name is always beside it. */
export function Mark({ size = 26 }: { size?: number }): ReactElement {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="#4f46e5" />
      <path
        d="M9 8v16h8.5a4.6 4.6 0 0 0 1.9-8.8A4.2 4.2 0 0 0 16 8Z"
        fill="none"
        stroke="#fff"
        strokeWidth="3"
        strokeLinejoin="round"
      />
      <path d="M9 15.5h8" stroke="#fff" strokeWidth="3" />
    </svg>
  )
}

/** Shows the organization and the button that signs out. */
function AccountMenu(): ReactElement {
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
