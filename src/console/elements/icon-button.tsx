import type { ComponentProps, ReactElement, ReactNode } from 'react'
import styles from './icon-button.module.css'

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
      className={`${styles.button} ${className ?? ''}`}
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
