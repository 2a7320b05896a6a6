import { Link, Outlet, useLocation } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import hidden from '../styles/hidden.module.css'
import { MAIN_ID } from '../surroundings.ts'
import { AccountMenu } from './account-menu.tsx'
import { LiveSign } from './live-sign.tsx'
import { Mark } from './mark.tsx'
import styles from './shell.module.css'
import { ThemeSwitch } from './theme-switch.tsx'

const active = { className: `${styles.tab} ${styles.active}` }
const inactive = { className: styles.tab }

/** The frame of every page: where one can go, whether it is live, who is signed in. */
export function Shell(): ReactElement {
  return (
    <>
      <a href={`#${MAIN_ID}`} className={`${styles.skip} ${hidden.hidden}`}>
        Skip to the page
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
        </nav>
        <div className={styles.end}>
          <LiveSign />
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

/** The destinations' own pages belong to it too. */
function WebhooksTab(): ReactElement {
  const within = useLocation({ select: ({ pathname }) => !/^\/(events|api)(\/|$)/.test(pathname) })
  return (
    <Link to="/" activeProps={{}} activeOptions={EXACT} {...(within ? active : inactive)}>
      Webhooks
    </Link>
  )
}

const EXACT = { exact: true, includeSearch: false }
