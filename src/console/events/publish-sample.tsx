import { type FormEvent, type ReactElement, useId, useState } from 'react'
import { useMutation } from 'urql'
import { Button } from '../elements/button.tsx'
import { Section } from '../elements/section.tsx'
import type { EventType, PublishSampleMutation, RelationsInput } from '../generated/graphql.ts'
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

/** Publishes the edited example to every destination that selected the event. */
export function PublishSample({ type, example }: PublishSampleProps): ReactElement {
  const may = useScopes()
  if (may('EVENTS_PUBLISH')) return <SampleForm type={type} example={example} />
  return (
    <Section title="Publish a sample">
      <p className={styles.muted}>
        Publishing requires the scope EVENTS_PUBLISH. To send this example to a single webhook, use
        “Send test event” on its page.
      </p>
    </Section>
  )
}

function SampleForm({ type, example }: PublishSampleProps): ReactElement {
  const [text, setText] = useState(() => JSON.stringify(example.data, null, 2))
  const { publish, busy, published, errors } = usePublish({ type, example })
  const id = useId()
  const submit = (event: FormEvent) => {
    event.preventDefault()
    void publish(text)
  }
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
          aria-invalid={errors.length > 0 || undefined}
          aria-describedby={errors.length > 0 ? `${id}-errors` : undefined}
        />
        <Errors id={`${id}-errors`} errors={errors} />
        <div className={styles.actions}>
          <Button type="submit" variant="primary" busy={busy}>
            Publish sample
          </Button>
          <p role="status" className={styles.published}>
            {published}
          </p>
        </div>
      </form>
    </Section>
  )
}

function Errors({ id, errors }: { id: string; errors: readonly string[] }): ReactElement | null {
  if (errors.length === 0) return null
  return (
    <div role="alert">
      <ul id={id} className={styles.errors}>
        {errors.map((error) => (
          <li key={error}>{error}</li>
        ))}
      </ul>
    </div>
  )
}

interface Outcome {
  /** What was published, as a sentence; null if nothing was. */
  published: string | null
  errors: readonly string[]
}

const failed = (...errors: string[]): Outcome => ({ published: null, errors })

/** Publishes text as the data of an event, with the relations of its example. */
function usePublish({ type, example }: PublishSampleProps) {
  const [{ fetching }, mutate] = useMutation(PublishSampleDocument)
  const [outcome, setOutcome] = useState(failed())
  const publish = async (text: string) => {
    const parsed = parse(text)
    if ('error' in parsed) return setOutcome(failed(parsed.error))
    const relations = relationsOf(example.relations)
    const { data, error } = await mutate({ input: { event: type, data: parsed.value, relations } })
    setOutcome(error ? failed(errorMessage(error)) : outcomeOf(data?.eventPublish))
  }
  return { publish, busy: fetching, ...outcome }
}

function outcomeOf(result: PublishSampleMutation['eventPublish'] | undefined): Outcome {
  if (result?.__typename === 'EventPublished') {
    const { deliveryCount, event } = result
    return { published: `${publishedTo(deliveryCount)} Event ID: ${event.id}`, errors: [] }
  }
  if (result?.__typename === 'ValidationError') {
    return failed(...result.issues.map(({ path, message }) => `${path.join('.')}: ${message}`))
  }
  return failed(result?.message ?? 'The event was not published.')
}

function parse(text: string): { value: unknown } | { error: string } {
  try {
    return { value: JSON.parse(text) as unknown }
  } catch (failure) {
    return { error: `Not valid JSON: ${(failure as Error).message}` }
  }
}

function publishedTo(count: number): string {
  if (count === 0) return 'Published. No webhook has selected this event.'
  return `Published to ${count.toLocaleString()} ${count === 1 ? 'webhook' : 'webhooks'}.`
}

/** Renames the relations of a payload for the API: `associated_deal_ids` becomes `associatedDealIds`. */
const relationsOf = (relations: Record<string, string[]> | undefined): RelationsInput =>
  Object.fromEntries(
    Object.entries(relations ?? {}).map(([name, ids]) => [
      name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
      ids,
    ]),
  )
