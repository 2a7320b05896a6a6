import type { ReactElement } from 'react'
import styles from './code-block.module.css'
import { CopyButton } from './copy-button.tsx'

interface CodeBlockProps {
  code: string
  /** What the code is, as in "Example payload". */
  label: string
  /** Whether long lines are wrapped. Default: false. */
  wrap?: boolean
}

/** Shows code with a button that copies it. */
export function CodeBlock({ code, label, wrap = false }: CodeBlockProps): ReactElement {
  return (
    <div className={styles.block}>
      <div className={styles.bar}>
        <span aria-hidden="true" className={styles.label}>
          {label}
        </span>
        <CopyButton variant="quiet" className={styles.copy} text={code} label={label} />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: keyboard users scroll it with the arrow keys */}
      <section tabIndex={0} aria-label={label} className={styles.scroll}>
        <pre className={styles.code} data-wrap={wrap}>
          <code>{code}</code>
        </pre>
      </section>
    </div>
  )
}
