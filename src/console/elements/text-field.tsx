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
