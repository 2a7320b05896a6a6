import * as Primitive from '@radix-ui/react-dialog'
import type { ReactElement, ReactNode } from 'react'
import { useSurroundings } from '../surroundings.ts'
import styles from './dialog.module.css'
import { useReturnFocus } from './use-return-focus.ts'

interface DialogProps {
  onClose: () => void
  title: string
  description?: ReactNode
  /** For code and tables. */
  wide?: boolean
  children: ReactNode
}

/** Something to do before going on. Shown while it is rendered; Escape and a press beside it close it. */
export function Dialog(props: DialogProps): ReactElement {
  const { onClose, title, description, wide = false, children } = props
  const { layers } = useSurroundings()
  const returnFocus = useReturnFocus()
  return (
    <Primitive.Root open onOpenChange={(open) => open || onClose()}>
      <Primitive.Portal container={layers}>
        <Primitive.Overlay className={styles.overlay} />
        <Primitive.Content
          className={`${styles.content} ${wide ? styles.wide : ''}`}
          onCloseAutoFocus={returnFocus}
          {...(!description && { 'aria-describedby': undefined })}
        >
          <Primitive.Title className={styles.title}>{title}</Primitive.Title>
          {description && (
            <Primitive.Description className={styles.description}>
              {description}
            </Primitive.Description>
          )}
          {children}
        </Primitive.Content>
      </Primitive.Portal>
    </Primitive.Root>
  )
}

/** The buttons at a dialog's end. */
export function DialogActions({ children }: { children: ReactNode }): ReactElement {
  return <div className={styles.actions}>{children}</div>
}
