import { type ReactElement, type ReactNode, useId } from 'react'
import styles from './section.module.css'

interface SectionProps {
  title: string
  description?: ReactNode
  actions?: ReactNode
  children: ReactNode
}

/** A card with a heading. */
export function Section({ title, description, actions, children }: SectionProps): ReactElement {
  const id = useId()
  return (
    <section className={styles.section} aria-labelledby={id}>
      <div className={styles.head}>
        <div className={styles.text}>
          <h2 id={id} className={styles.title}>
            {title}
          </h2>
          {description && <p className={styles.description}>{description}</p>}
        </div>
        {actions}
      </div>
      {children}
    </section>
  )
}

/** A placeholder for text that is loading. The element around it has `aria-busy`. */
export function Skeleton({ lines = 1 }: { lines?: number }): ReactElement {
  return (
    <span className={styles.skeleton} aria-hidden="true">
      {Array.from({ length: lines }, (_, line) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the lines are interchangeable
        <span key={line} className={styles.line} />
      ))}
    </span>
  )
}
