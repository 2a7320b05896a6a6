import { type ReactElement, useState } from 'react'
import { useQuery } from 'urql'
import { Badge } from '../elements/badge.tsx'
import { Button } from '../elements/button.tsx'
import { SelectField } from '../elements/field.tsx'
import { Section } from '../elements/section.tsx'
import { byFamily, titleOf } from '../events/event-types.ts'
import type { EventType } from '../generated/graphql.ts'
import { useScopes } from '../session/session.ts'
import { EventChoicesDocument } from './operations.ts'
import styles from './test-section.module.css'
import type { Detail } from './use-destination.ts'
import { type TestAttempt, useTestEvent } from './use-test-event.ts'

/** Sends the example of an event and shows what the endpoint answered. */
export function TestSection({ destination }: { destination: Detail }): ReactElement | null {
  const { events, url } = destination
  const [{ data }] = useQuery({ query: EventChoicesDocument })
  const [chosen, choose] = useState<EventType | null>(null)
  const { send, state } = useTestEvent(destination.id)
  if (!useScopes()('DESTINATIONS_WRITE')) return null
  const all = byFamily(data?.eventDefinitions ?? []).flatMap(({ items }) => items)
  const event = chosen ?? events[0] ?? all[0]?.type
  return (
    <Section
      title="Send test event"
      description="Sends the example of an event to your URL, signed like any other, whether the webhook is active or not. It is tried once, and a failure is not counted."
    >
      <div className={styles.line}>
        <SelectField
          label="Event"
          value={event ?? 'TRANSCRIPTION_CREATED'}
          options={all.map(({ type }) => ({ value: type, label: titleOf(type) }))}
          onChange={choose}
        />
        <Button
          busy={state.name === 'sending'}
          unavailable={url === null ? 'Save a URL first: there is nowhere to send to.' : null}
          onClick={() => event && void send(event)}
        >
          Send test event
        </Button>
      </div>
      <div aria-live="polite" className={styles.result}>
        {state.name === 'sending' && <p className={styles.muted}>{state.words}</p>}
        {state.name === 'refused' && <p className={styles.error}>{state.message}</p>}
        {state.name === 'attempted' && <Result attempt={state.attempt} />}
      </div>
    </Section>
  )
}

function Result({ attempt }: { attempt: TestAttempt }): ReactElement {
  const { status, responseCode, durationMs, responseBody, failure } = attempt
  return (
    <>
      <p className={styles.outcome}>
        <Badge tone={status === 'SUCCEEDED' ? 'good' : 'bad'}>
          {status === 'SUCCEEDED' ? 'Success' : 'Failed'}
        </Badge>
        {responseCode !== null && <span>Response code {responseCode}</span>}
        <span className={styles.muted}>{durationMs.toLocaleString()} ms</span>
      </p>
      {failure && <p>{failure.message}</p>}
      {responseBody && <pre className={styles.body}>{responseBody}</pre>}
    </>
  )
}
