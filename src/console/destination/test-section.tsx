import { type ReactElement, useState } from 'react'
import { useQuery } from 'urql'
import { AttemptBadge } from '../elements/badge.tsx'
import { Button } from '../elements/button.tsx'
import { SelectField } from '../elements/field.tsx'
import { Section } from '../elements/section.tsx'
import { formatDuration } from '../elements/time.tsx'
import { byFamily, titleOf } from '../events/event-types.ts'
import type { EventType } from '../generated/graphql.ts'
import { useScopes } from '../session/session.ts'
import { EventChoicesDocument } from './operations.ts'
import styles from './test-section.module.css'
import type { Detail } from './use-destination.ts'
import { type TestAttempt, useTestEvent } from './use-test-event.ts'

/** Sends an example event and shows the result. */
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
      description="Sends an example event to your URL, signed like a real one, even while the webhook is inactive. Test events aren’t retried, and failures don’t count."
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
          unavailable={url === null ? 'Set a URL and save it first.' : null}
          onClick={() => event && void send(event)}
        >
          Send test event
        </Button>
      </div>
      <div aria-live="polite" className={styles.result}>
        {state.name === 'sending' && (
          <p className={styles.muted}>
            {state.isDelayed ? 'Still waiting for the result…' : 'Sending…'}
          </p>
        )}
        {state.name === 'rejected' && <p className={styles.error}>{state.message}</p>}
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
        <AttemptBadge status={status} />
        {responseCode !== null && <span>Response code {responseCode}</span>}
        <span className={styles.muted}>{formatDuration(durationMs)}</span>
      </p>
      {failure && <p>{failure.message}</p>}
      {responseBody && <pre className={styles.body}>{responseBody}</pre>}
    </>
  )
}
