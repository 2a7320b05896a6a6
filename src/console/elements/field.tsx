import { type ComponentProps, type ReactElement, type ReactNode, useId } from 'react'
import hidden from '../styles/hidden.module.css'
import styles from './field.module.css'

export interface TextFieldProps extends ComponentProps<'input'> {
  label: string
  /** Leaves the label to screen readers, where the placeholder says it too. */
  quiet?: boolean
  hint?: ReactNode
  /** What is wrong with it, as a sentence: shown beside it and said to screen readers. */
  error?: string | null | undefined
}

/** A line of text with its label, a hint, and what is wrong with it. */
export function TextField(props: TextFieldProps): ReactElement {
  const { label, quiet = false, hint, error, ...rest } = props
  const id = useId()
  const about = [error ? `${id}-error` : null, hint ? `${id}-hint` : null].filter(Boolean).join(' ')
  return (
    <div className={styles.field}>
      <label htmlFor={id} className={quiet ? hidden.hidden : styles.label}>
        {label}
      </label>
      <input
        {...rest}
        id={id}
        className={styles.input}
        aria-invalid={error ? true : undefined}
        aria-describedby={about || undefined}
      />
      {error && (
        <p id={`${id}-error`} role="alert" className={styles.error}>
          {error}
        </p>
      )}
      {hint && (
        <p id={`${id}-hint`} className={styles.hint}>
          {hint}
        </p>
      )}
    </div>
  )
}

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
