import { type ReactElement, useId } from 'react'
import { useQuery } from 'urql'
import { Failure } from '../elements/banner.tsx'
import { Button } from '../elements/button.tsx'
import { CodeBlock } from '../elements/code-block.tsx'
import { Section, Skeleton } from '../elements/section.tsx'
import { byFamily, titleOf } from '../events/event-types.ts'
import type { EventChoicesQuery, EventType } from '../generated/graphql.ts'
import styles from './event-selection.module.css'
import { EventChoicesDocument } from './operations.ts'

interface EventSelectionProps {
  selected: readonly EventType[]
  error?: string | undefined
  readOnly: boolean
  /** The `webhook_id` shown in the examples. */
  webhookId: string
  onChange: (selected: EventType[]) => void
}

/** Selects events by family, each with what triggers it and an example payload. */
export function EventSelection(props: EventSelectionProps): ReactElement {
  const { selected, error, readOnly, webhookId, onChange } = props
  const [{ data, error: failure }, refresh] = useQuery({ query: EventChoicesDocument })
  const definitions = data?.eventDefinitions
  const toggle = (type: EventType) =>
    onChange(selected.includes(type) ? selected.filter((one) => one !== type) : [...selected, type])
  return (
    <Section
      title="Events"
      description={`The events this webhook receives. ${selected.length} of ${definitions?.length ?? '…'} selected.`}
      actions={
        definitions &&
        !readOnly && (
          <SelectAll
            all={selected.length === definitions.length}
            onChange={(all) => onChange(all ? definitions.map(({ type }) => type) : [])}
          />
        )
      }
    >
      {error && (
        <p role="alert" className={styles.error}>
          {error}
        </p>
      )}
      {failure && <Failure title="Could not load events" error={failure} onRetry={refresh} />}
      {!definitions && !failure && <Skeleton lines={8} />}
      {byFamily(definitions ?? []).map(({ family, items }) => (
        <fieldset key={family} className={styles.family}>
          <legend className={styles.legend}>{family}</legend>
          {items.map((definition) => (
            <EventChoice
              key={definition.type}
              definition={definition}
              checked={selected.includes(definition.type)}
              readOnly={readOnly}
              webhookId={webhookId}
              onToggle={() => toggle(definition.type)}
            />
          ))}
        </fieldset>
      ))}
    </Section>
  )
}

interface SelectAllProps {
  all: boolean
  onChange: (all: boolean) => void
}

const SelectAll = ({ all, onChange }: SelectAllProps): ReactElement => (
  <Button variant="quiet" className={styles.all} onClick={() => onChange(!all)}>
    {all ? 'Select none' : 'Select all'}
  </Button>
)

interface EventChoiceProps {
  definition: EventChoicesQuery['eventDefinitions'][number]
  checked: boolean
  readOnly: boolean
  webhookId: string
  onToggle: () => void
}

function EventChoice(props: EventChoiceProps): ReactElement {
  const { definition, checked, readOnly, webhookId, onToggle } = props
  const { type, name, description, example } = definition
  const id = useId()
  const payload = { ...(example as object), webhook_id: webhookId }
  return (
    <div className={styles.choice}>
      <input
        id={id}
        type="checkbox"
        className={styles.box}
        checked={checked}
        disabled={readOnly}
        aria-describedby={`${id}-trigger`}
        onChange={onToggle}
      />
      <div className={styles.text}>
        <label htmlFor={id} className={styles.name}>
          {titleOf(type)} <code className={styles.wire}>{name}</code>
        </label>
        <p id={`${id}-trigger`} className={styles.trigger}>
          {description}
        </p>
        <details className={styles.details}>
          <summary aria-label={`Example payload of ${titleOf(type)}`}>Example payload</summary>
          <CodeBlock
            code={JSON.stringify(payload, null, 2)}
            label={`Example payload of ${titleOf(type)}`}
          />
        </details>
      </div>
    </div>
  )
}
