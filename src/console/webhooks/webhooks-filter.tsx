import { type ReactElement, useEffect, useState } from 'react'
import { STATUS_NAMES } from '../elements/badge.tsx'
import { SelectField, TextField } from '../elements/field.tsx'
import type { DestinationStatus } from '../generated/graphql.ts'
import styles from './webhooks-filter.module.css'
import type { WebhooksSearch } from './webhooks-search.ts'

interface WebhooksFilterProps {
  search: WebhooksSearch
  /** The number of webhooks that match; null while it is loading. */
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

/** Milliseconds after the last key press before the search starts. */
const SEARCH_DELAY_MS = 200

export function WebhooksFilter({ search, total, onChange }: WebhooksFilterProps): ReactElement {
  const [text, setText] = useState(search.search ?? '')
  const { search: searched = '', status } = search
  // biome-ignore lint/correctness/useExhaustiveDependencies: only typing starts the delay
  useEffect(() => {
    if (text === searched) return
    const timer = setTimeout(
      () => onChange({ ...(text && { search: text }), ...(status && { status }) }),
      SEARCH_DELAY_MS,
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
        {total !== null && (total === 1 ? '1 webhook' : `${total.toLocaleString()} webhooks`)}
      </p>
    </search>
  )
}
