import * as AlertDialog from '@radix-ui/react-alert-dialog'
import * as Primitive from '@radix-ui/react-dialog'
import { type ReactElement, type ReactNode, useState } from 'react'
import { MAIN_ID, useHostPage } from '../host-page.ts'
import { Button } from './button.tsx'
import styles from './dialog.module.css'

interface DialogProps {
  onClose: () => void
  title: string
  description?: ReactNode
  /** Whether it is wide enough for code. Default: false. */
  wide?: boolean
  children: ReactNode
}

/** A dialog, shown while it is mounted. Escape and a click outside close it. */
export function Dialog(props: DialogProps): ReactElement {
  const { onClose, title, description, wide = false, children } = props
  const { layers } = useHostPage()
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

/** The buttons at the end of a dialog. */
export function DialogActions({ children }: { children: ReactNode }): ReactElement {
  return <div className={styles.actions}>{children}</div>
}

interface ConfirmDialogProps {
  title: string
  /** What will happen, and whether it can be undone. */
  children: ReactNode
  /** The caption of the button that confirms, as in "Delete". */
  confirm: string
  /** The caption of the other button. Default: "Cancel". */
  cancel?: string
  onConfirm: () => void
  onCancel: () => void
}

/** Asks before an action that cannot be undone. The button that cancels has the focus. */
export function ConfirmDialog(props: ConfirmDialogProps): ReactElement {
  const { title, children, confirm, cancel = 'Cancel', onConfirm, onCancel } = props
  const { layers } = useHostPage()
  const returnFocus = useReturnFocus()
  return (
    <AlertDialog.Root open onOpenChange={(open) => open || onCancel()}>
      <AlertDialog.Portal container={layers}>
        <AlertDialog.Overlay className={styles.overlay} />
        <AlertDialog.Content className={styles.content} onCloseAutoFocus={returnFocus}>
          <AlertDialog.Title className={styles.title}>{title}</AlertDialog.Title>
          <AlertDialog.Description asChild>
            <div className={styles.description}>{children}</div>
          </AlertDialog.Description>
          <div className={styles.actions}>
            <AlertDialog.Cancel asChild>
              <Button>{cancel}</Button>
            </AlertDialog.Cancel>
            <Button variant="danger" onClick={onConfirm}>
              {confirm}
            </Button>
          </div>
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  )
}

/**
 * Returns a handler that moves the focus back to the element that had it before a dialog opened, or to the page if
 * that element is gone. The primitives do this only for dialogs with a trigger of their own.
 */
export function useReturnFocus(): (event: Event) => void {
  const [before] = useState(() => document.activeElement)
  return (event) => {
    event.preventDefault()
    const target = before?.isConnected ? before : document.getElementById(MAIN_ID)
    if (target instanceof HTMLElement) target.focus({ preventScroll: true })
  }
}
