import { getRouteApi, Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { useQuery } from 'urql'
import { Failure } from '../elements/banner.tsx'
import { buttonClass } from '../elements/button.tsx'
import { CodeBlock } from '../elements/code-block.tsx'
import { EmptyState } from '../elements/empty-state.tsx'
import { Section, Skeleton } from '../elements/section.tsx'
import type { EventReferenceQuery } from '../generated/graphql.ts'
import { PageHeader } from '../shell/page-header.tsx'
import styles from './event-page.module.css'
import { titleOf } from './event-types.ts'
import { EventReferenceDocument, OPERATIONS } from './operations.ts'
import { PublishSample } from './publish-sample.tsx'
import { SchemaView } from './schema-view.tsx'
import type { JsonSchema } from './schema-words.ts'

type Definition = EventReferenceQuery['eventDefinitions'][number]

const route = getRouteApi('/events/$type')

const REFERENCE = (
  <Link key="events" to="/events" activeOptions={{ exact: true }}>
    Event reference
  </Link>
)

/** Shows one event: what triggers it, its fields, an example, and a form that publishes one. */
export function EventPage(): ReactElement {
  const { type: wireName } = route.useParams()
  const [{ data, error }, execute] = useQuery({ query: EventReferenceDocument })
  const definition = data?.eventDefinitions.find(({ name }) => name === wireName)
  return (
    <>
      <PageHeader
        title={definition ? titleOf(definition.type) : wireName}
        trail={[REFERENCE, definition ? titleOf(definition.type) : wireName]}
        description={definition?.description}
        operations={OPERATIONS}
      />
      {error && (
        <Failure
          title="Could not load the event"
          error={error}
          onRetry={() => execute({ requestPolicy: 'network-only' })}
        />
      )}
      {!data && !error && (
        <div aria-busy="true">
          <Skeleton lines={8} />
        </div>
      )}
      {data && !definition && (
        <EmptyState
          title="Event not found"
          actions={
            <Link to="/events" className={buttonClass()}>
              All events
            </Link>
          }
        />
      )}
      {definition && <EventDetails key={definition.type} definition={definition} />}
    </>
  )
}

function EventDetails({ definition }: { definition: Definition }): ReactElement {
  const { type, name, schema, example } = definition
  const payload = example as { data: unknown; relations?: Record<string, string[]> }
  return (
    <div className={styles.columns}>
      <div className={styles.column}>
        <Section
          title="Data"
          description={
            <>
              The fields of <code>data</code>. New fields may be added; ignore fields you don’t
              know.
            </>
          }
        >
          <SchemaView schema={schema as JsonSchema} />
        </Section>
      </div>
      <div className={styles.column}>
        <Section
          title="Example payload"
          description={
            <>
              The request body as delivered. Its <code>event</code> is <code>{name}</code>.
            </>
          }
        >
          <CodeBlock
            label={`Example payload of ${titleOf(type)}`}
            code={JSON.stringify(example, null, 2)}
          />
        </Section>
        <PublishSample type={type} example={payload} />
      </div>
    </div>
  )
}
