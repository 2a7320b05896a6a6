import { type FormEvent, type ReactElement, useId, useState } from 'react'
import { useMutation } from 'urql'
import { Button } from '../elements/button.tsx'
import { Section } from '../elements/section.tsx'
import type { EventType, RelationsInput } from '../generated/graphql.ts'
import { errorMessage } from '../session/client.ts'
import { useScopes } from '../session/session.ts'
import { titleOf } from './event-types.ts'
import { PublishSampleDocument } from './operations.ts'
import styles from './publish-sample.module.css'

interface PublishSampleProps {
  type: EventType
  /** The example payload. */
  example: { data: unknown; relations?: Record<string, string[]> }
}

type Outcome = { published: string } | { faults: readonly string[] } | null

/** Publishes the edited example to every destination that selected the event. */
export function PublishSample({ type, example }: PublishSampleProps): ReactElement {
  const may = useScopes()
  const [{ fetching }, publish] = useMutation(PublishSampleDocument)
  const [text, setText] = useState(() => JSON.stringify(example.data, null, 2))
  const [outcome, setOutcome] = useState<Outcome>(null)
  const id = useId()
  if (!may('EVENTS_PUBLISH')) {
    return (
      <Section title="Publish a sample">
        <p className={styles.muted}>
          Publishing requires the scope EVENTS_PUBLISH. To send this example to a single webhook,
          use “Send test event” on its page.
        </p>
      </Section>
    )
  }
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    const parsed = parse(text)
    if ('fault' in parsed) return setOutcome({ faults: [parsed.fault] })
    const relations = relationsOf(example.relations)
    const { data, error } = await publish({ input: { event: type, data: parsed.value, relations } })
    const answer = data?.eventPublish
    if (error) setOutcome({ faults: [errorMessage(error)] })
    else if (answer?.__typename === 'EventPublished') {
      setOutcome({ published: `${publishedTo(answer.deliveryCount)} Event ID: ${answer.event.id}` })
    } else if (answer?.__typename === 'ValidationError') {
      setOutcome({
        faults: answer.issues.map(({ path, message }) => `${path.join('.')}: ${message}`),
      })
    } else setOutcome({ faults: [answer?.message ?? 'The event was not published.'] })
  }
  const faults = outcome && 'faults' in outcome ? outcome.faults : []
  return (
    <Section
      title="Publish a sample"
      description="Publishes a real event to every webhook that selected it."
    >
      <form onSubmit={submit} className={styles.form}>
        <label htmlFor={id} className={styles.label}>
          Data of {titleOf(type)}
        </label>
        <textarea
          id={id}
          className={styles.text}
          rows={12}
          spellCheck={false}
          value={text}
          onChange={(event) => setText(event.target.value)}
          aria-invalid={faults.length > 0 || undefined}
          aria-describedby={faults.length > 0 ? `${id}-faults` : undefined}
        />
        {faults.length > 0 && (
          <div role="alert">
            <ul id={`${id}-faults`} className={styles.faults}>
              {faults.map((fault) => (
                <li key={fault}>{fault}</li>
              ))}
            </ul>
          </div>
        )}
        <div className={styles.actions}>
          <Button type="submit" variant="primary" busy={fetching}>
            Publish sample
          </Button>
          <p role="status" className={styles.published}>
            {outcome && 'published' in outcome && outcome.published}
          </p>
        </div>
      </form>
    </Section>
  )
}

function parse(text: string): { value: unknown } | { fault: string } {
  try {
    return { value: JSON.parse(text) as unknown }
  } catch (error) {
    return { fault: `Not valid JSON: ${(error as Error).message}` }
  }
}

function publishedTo(count: number): string {
  if (count === 0) return 'Published. No webhook has selected this event.'
  return `Published to ${count.toLocaleString()} ${count === 1 ? 'webhook' : 'webhooks'}.`
}

/** Returns the relations of a payload with the names of the API: `crm_ids` becomes `crmIds`. */
export const relationsOf = (relations: Record<string, string[]> | undefined): RelationsInput =>
  Object.fromEntries(
    Object.entries(relations ?? {}).map(([name, ids]) => [
      name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
      ids,
    ]),
  )
