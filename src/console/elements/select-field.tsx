import { type ComponentProps, type ReactElement, useId } from 'react'
import hidden from '../styles/hidden.module.css'
import styles from './field.module.css'

export interface SelectFieldProps<Value extends string>
  extends Omit<ComponentProps<'select'>, 'onChange' | 'value'> {
  label: string
  /** Leaves the label to screen readers, where the options say enough. */
  quiet?: boolean
  value: Value
  options: readonly { value: Value; label: string }[]
  onChange: (value: Value) => void
}

/** One of a few, with its label. */
export function SelectField<Value extends string>(props: SelectFieldProps<Value>): ReactElement {
  const { label, quiet = false, value, options, onChange, ...rest } = props
  const id = useId()
  return (
    <div className={styles.field}>
      <label htmlFor={id} className={quiet ? hidden.hidden : styles.label}>
        {label}
      </label>
      <select
        {...rest}
        id={id}
        className={styles.select}
        value={value}
        onChange={(event) => onChange(event.target.value as Value)}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    </div>
  )
}
