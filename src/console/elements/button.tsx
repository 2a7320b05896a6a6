import type { ComponentProps, ReactElement, ReactNode } from 'react'
import styles from './button.module.css'

export type ButtonVariant = 'primary' | 'secondary' | 'danger' | 'quiet'

export interface ButtonProps extends ComponentProps<'button'> {
  /** Default: secondary. */
  variant?: ButtonVariant | undefined
  /** Something it began is under way: it keeps its focus, and does nothing meanwhile. */
  busy?: boolean | undefined
  /** Why it cannot be pressed now: shown to those who try, and said to screen readers. It stays in reach. */
  unavailable?: string | null | undefined
}

export function Button(props: ButtonProps): ReactElement {
  const { variant, busy = false, unavailable = null, className, onClick, ...rest } = props
  const inert = busy || unavailable !== null
  return (
    <button
      type="button"
      {...rest}
      {...(unavailable !== null && { title: unavailable, 'aria-description': unavailable })}
      className={`${buttonClass(variant)} ${className ?? ''}`}
      aria-disabled={inert || rest['aria-disabled']}
      aria-busy={busy}
      onClick={(event) => {
        if (inert) event.preventDefault()
        else onClick?.(event)
      }}
    />
  )
}

/** For a link that looks like a button. */
export const buttonClass = (variant: ButtonVariant = 'secondary') =>
  `${styles.button} ${styles[variant]}`

interface IconButtonProps extends Omit<ComponentProps<'button'>, 'children'> {
  /** What it does, for screen readers and on hover. */
  label: string
  /** SVG shapes on a field of 20 by 20, drawn in the colour of the text. */
  children: ReactNode
}

export function IconButton({ label, children, className, ...rest }: IconButtonProps): ReactElement {
  return (
    <button
      type="button"
      title={label}
      aria-label={label}
      className={`${styles.iconButton} ${className ?? ''}`}
      {...rest}
    >
      <Icon>{children}</Icon>
    </button>
  )
}

/** A picture beside words that say the same. */
export function Icon({
  children,
  size = 18,
}: {
  children: ReactNode
  size?: number
}): ReactElement {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.6"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      className={styles.icon}
    >
      {children}
    </svg>
  )
}
