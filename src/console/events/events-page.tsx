import { Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { useQuery } from 'urql'
import { Failure } from '../elements/banner.tsx'
import { Section, Skeleton } from '../elements/section.tsx'
import { rowLink } from '../elements/table.tsx'
import { PageHeader } from '../shell/page-header.tsx'
import { byFamily, titleOf } from './event-types.ts'
import styles from './events-page.module.css'
import { EventReferenceDocument, OPERATIONS } from './operations.ts'

/** Lists every event by family. */
export function EventsPage(): ReactElement {
  const [{ data, error }, execute] = useQuery({ query: EventReferenceDocument })
  return (
    <>
      <PageHeader
        title="Event reference"
        trail={['Event reference']}
        description="All events: what triggers them and what they contain."
        operations={OPERATIONS}
      />
      {error && (
        <Failure
          title="Could not load events"
          error={error}
          onRetry={() => execute({ requestPolicy: 'network-only' })}
        />
      )}
      {!data && !error && (
        <div aria-busy="true">
          <Skeleton lines={8} />
        </div>
      )}
      {data && (
        <div className={styles.families}>
          {byFamily(data.eventDefinitions).map(({ family, items }) => (
            <Section key={family} title={family}>
              <ul className={styles.list}>
                {items.map((definition) => (
                  <li key={definition.type} className={styles.item}>
                    <Link to="/events/$type" params={{ type: definition.name }} className={rowLink}>
                      {titleOf(definition.type)}
                    </Link>
                    <code className={styles.wire}>{definition.name}</code>
                    <p className={styles.description}>{definition.description}</p>
                  </li>
                ))}
              </ul>
            </Section>
          ))}
        </div>
      )}
    </>
  )
}
