import { type ComponentProps, type ReactElement, type ReactNode, useId } from 'react'
import hidden from '../styles/hidden.module.css'
import styles from './field.module.css'

export interface TextFieldProps extends ComponentProps<'input'> {
  label: string
  /** Whether the label is shown only to screen readers. Default: false. */
  quiet?: boolean
  hint?: ReactNode
  /** A sentence that says what is wrong, shown below the field and announced by screen readers. */
  error?: string | null | undefined
}

/** A text input with a label, a hint and an error. */
export function TextField(props: TextFieldProps): ReactElement {
  const { label, quiet = false, hint, error, ...rest } = props
  const id = useId()
  const descriptions = [error ? `${id}-error` : null, hint ? `${id}-hint` : null]
    .filter(Boolean)
    .join(' ')
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
        aria-describedby={descriptions || undefined}
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
  /** Whether the label is shown only to screen readers. Default: false. */
  quiet?: boolean
  value: Value
  options: readonly { value: Value; label: string }[]
  onChange: (value: Value) => void
}

/** A select with a label. */
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
