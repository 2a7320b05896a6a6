import type { ReactElement } from 'react'
import { useQuery } from 'urql'
import { ATTEMPT_STATUS_NAMES } from '../elements/badge.tsx'
import { SelectField } from '../elements/field.tsx'
import { titleOf } from '../events/event-types.ts'
import type { AttemptStatus, EventType } from '../generated/graphql.ts'
import styles from './deliveries-filter.module.css'
import type { DeliveriesSearch } from './deliveries-search.ts'
import { EventTypesDocument } from './operations.ts'

interface DeliveriesFilterProps {
  search: DeliveriesSearch
  onChange: (search: DeliveriesSearch) => void
}

const ANY = ''

export function DeliveriesFilter({ search, onChange }: DeliveriesFilterProps): ReactElement {
  const [{ data }] = useQuery({ query: EventTypesDocument })
  const types =
    data?.eventDefinitions.map(({ type }) => type) ?? (search.event ? [search.event] : [])
  const { status, event } = search
  const change = (status: AttemptStatus | '', event: EventType | '') =>
    onChange({ ...(status && { status }), ...(event && { event }) })
  return (
    <search className={styles.filter}>
      <SelectField
        quiet
        label="Status"
        value={status ?? ANY}
        options={[
          { value: ANY, label: 'Any status' },
          ...Object.entries(ATTEMPT_STATUS_NAMES).map(([value, label]) => ({
            value: value as AttemptStatus,
            label,
          })),
        ]}
        onChange={(value) => change(value, event ?? ANY)}
      />
      <SelectField
        quiet
        label="Event"
        value={event ?? ANY}
        options={[
          { value: ANY, label: 'Any event' },
          ...types.map((value) => ({ value, label: titleOf(value) })),
        ]}
        onChange={(value) => change(status ?? ANY, value)}
      />
    </search>
  )
}
