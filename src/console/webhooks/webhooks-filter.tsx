import { type ReactElement, useEffect, useState } from 'react'
import { STATUS_NAMES } from '../elements/badge.tsx'
import { SelectField, TextField } from '../elements/field.tsx'
import type { DestinationStatus } from '../generated/graphql.ts'
import styles from './webhooks-filter.module.css'
import type { WebhooksSearch } from './webhooks-search.ts'

interface WebhooksFilterProps {
  search: WebhooksSearch
  /** How many there are; null while that is not known. */
  total: number | null
  onChange: (search: WebhooksSearch) => void
}

const ANY = ''
const OPTIONS: { value: DestinationStatus | typeof ANY; label: string }[] = [
  { value: ANY, label: 'Any status' },
  ...Object.entries(STATUS_NAMES).map(([value, label]) => ({
    value: value as DestinationStatus,
    label,
  })),
]

/** Milliseconds without a key pressed, after which it is searched. */
const PAUSE = 200

export function WebhooksFilter({ search, total, onChange }: WebhooksFilterProps): ReactElement {
  const [text, setText] = useState(search.search ?? '')
  const { search: searched = '', status } = search
  // biome-ignore lint/correctness/useExhaustiveDependencies: only what is typed starts the wait
  useEffect(() => {
    if (text === searched) return
    const timer = setTimeout(
      () => onChange({ ...(text && { search: text }), ...(status && { status }) }),
      PAUSE,
    )
    return () => clearTimeout(timer)
  }, [text])
  useEffect(() => setText(searched), [searched])
  return (
    <search className={styles.filter}>
      <TextField
        quiet
        label="Search by name or URL"
        type="search"
        placeholder="Search by name or URL"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <SelectField
        quiet
        label="Status"
        value={status ?? ANY}
        options={OPTIONS}
        onChange={(value) =>
          onChange({ ...(text && { search: text }), ...(value && { status: value }) })
        }
      />
      <p role="status" className={styles.total}>
        {total !== null &&
          (total === 1 ? '1 destination' : `${total.toLocaleString()} destinations`)}
      </p>
    </search>
  )
}
