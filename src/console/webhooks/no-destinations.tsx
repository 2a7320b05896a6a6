import type { ReactElement } from 'react'
import { EmptyState } from '../elements/empty-state.tsx'
import styles from './no-destinations.module.css'

const USES = [
  ['Build real-time integrations', 'React as soon as an event occurs.'],
  ['Automate workflows', 'Start something in your systems when a meeting ends.'],
  ['Sync data', 'Keep your database up to date.'],
  ['Send notifications', 'Tell your team what is important.'],
] as const

/** The list before the first destination: what a webhook is, and what it is good for. */
export function NoDestinations({ create }: { create: ReactElement | false }): ReactElement {
  return (
    <EmptyState title="No webhooks yet" actions={create}>
      <p>
        A webhook is an HTTP callback: when something happens in Bigmind, a meeting is transcribed
        for example, we send a POST request with the details to a URL of yours. You need not ask for
        changes again and again.
      </p>
      <ul className={styles.uses}>
        {USES.map(([title, words]) => (
          <li key={title}>
            <strong>{title}</strong>
            {words}
          </li>
        ))}
      </ul>
      {!create && <p>Your key lacks the scope DESTINATIONS_WRITE, which creates them.</p>}
    </EmptyState>
  )
}
