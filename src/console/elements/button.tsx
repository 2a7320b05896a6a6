import type { ComponentProps, ReactElement, ReactNode } from 'react'
import styles from './button.module.css'

export type ButtonVariant = 'primary' | 'secondary' | 'danger' | 'quiet'

export interface ButtonProps extends ComponentProps<'button'> {
  /** Default: secondary. */
  variant?: ButtonVariant | undefined
  /** Whether its action is running. The button keeps the focus and ignores clicks. */
  busy?: boolean | undefined
  /** Why it is disabled, for the tooltip and screen readers. The button stays focusable. */
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

/** Returns the class of a link that looks like a button. */
export const buttonClass = (variant: ButtonVariant = 'secondary') =>
  `${styles.button} ${styles[variant]}`

interface IconButtonProps extends Omit<ComponentProps<'button'>, 'children'> {
  /** What it does, for the tooltip and screen readers. */
  label: string
  /** SVG shapes in a view box of 20 by 20, drawn in the color of the text. */
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

/** An icon, hidden from screen readers. */
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
