import { type ReactElement, useEffect, useRef } from 'react'
import { useQuery } from 'urql'
import { Failure } from '../elements/banner.tsx'
import { Section, Skeleton } from '../elements/section.tsx'
import { Time } from '../elements/time.tsx'
import type { ActivityQuery, AuditAction, DestinationSetting } from '../generated/graphql.ts'
import styles from './activity-section.module.css'
import { ActivityDocument } from './operations.ts'
import type { Detail } from './use-destination.ts'

type Entry = NonNullable<ActivityQuery['destination']>['auditLog']['nodes'][number]

const ACTIONS: Record<AuditAction, string> = {
  CREATED: 'created the webhook',
  SETTINGS_CHANGED: 'changed',
  ACTIVATED: 'activated the webhook',
  DEACTIVATED: 'deactivated the webhook',
  DISABLED: 'disabled the webhook after too many failures',
  SECRET_REVEALED: 'revealed the signing secret',
  SECRET_ROTATED: 'rotated the signing secret',
}

const SETTINGS: Record<DestinationSetting, string> = {
  NAME: 'the name',
  URL: 'the URL',
  EVENTS: 'the events',
}

const LIST = new Intl.ListFormat('en')
const CONTEXT = { additionalTypenames: ['AuditEntry'], requestPolicy: 'cache-and-network' as const }

/** Lists the latest entries of the audit log. */
export function ActivitySection({ destination }: { destination: Detail }): ReactElement {
  const { id, updatedAt } = destination
  const [{ data, error }, refresh] = useQuery({
    query: ActivityDocument,
    variables: { id },
    context: CONTEXT,
  })
  // Every logged action but revealing the secret changes `updatedAt`.
  const seen = useRef(updatedAt)
  useEffect(() => {
    if (seen.current === updatedAt) return
    seen.current = updatedAt
    refresh({ requestPolicy: 'network-only' })
  }, [updatedAt, refresh])
  const entries = data?.destination?.auditLog.nodes
  return (
    <Section title="Activity">
      {error && <Failure title="Could not load the activity" error={error} onRetry={refresh} />}
      {!entries && !error && <Skeleton lines={4} />}
      <ol className={styles.list}>
        {entries?.map((entry) => (
          <li key={entry.id} className={styles.entry}>
            <span>
              <span className={styles.actor}>{actorOf(entry.actor)}</span> {describe(entry)}
            </span>
            <span className={styles.when}>
              <Time value={entry.createdAt} relative />
            </span>
          </li>
        ))}
      </ol>
    </Section>
  )
}

const describe = ({ action, changed }: Entry) =>
  action === 'SETTINGS_CHANGED'
    ? `${ACTIONS[action]} ${LIST.format(changed.map((one) => SETTINGS[one]))}`
    : ACTIONS[action]

function actorOf({ kind, id, name }: Entry['actor']): string {
  if (kind === 'API_KEY') return `Key “${name ?? id}”`
  if (kind === 'USER') return id ? `User ${id}` : 'A user'
  return kind === 'PLATFORM' ? 'Bigmind' : 'System'
}
