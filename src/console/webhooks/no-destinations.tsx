import type { ReactElement } from 'react'
import { EmptyState } from '../elements/empty-state.tsx'
import styles from './no-destinations.module.css'

const USES = [
  ['Build real-time integrations', 'React immediately when events occur.'],
  ['Automate workflows', 'Trigger actions in your systems.'],
  ['Sync data', 'Keep your database up to date.'],
  ['Send notifications', 'Alert your team to important events.'],
] as const

/** Takes the place of an empty list: what a webhook is, and what it is for. */
export function NoDestinations({ create }: { create: ReactElement | false }): ReactElement {
  return (
    <EmptyState title="No webhooks yet" actions={create}>
      <p>
        A webhook is an HTTP callback: when something happens in Bigmind, such as a meeting being
        transcribed, we send a POST request with the details to your URL. No polling needed.
      </p>
      <ul className={styles.uses}>
        {USES.map(([title, text]) => (
          <li key={title}>
            <strong>{title}</strong>
            {text}
          </li>
        ))}
      </ul>
      {!create && (
        <p>Your key lacks the scope DESTINATIONS_WRITE, which creating webhooks requires.</p>
      )}
    </EmptyState>
  )
}
