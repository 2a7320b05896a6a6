import * as AlertDialog from '@radix-ui/react-alert-dialog'
import type { ReactElement, ReactNode } from 'react'
import { useSurroundings } from '../surroundings.ts'
import { Button } from './button.tsx'
import styles from './dialog.module.css'
import { useReturnFocus } from './use-return-focus.ts'

interface ConfirmDialogProps {
  title: string
  /** What will happen, and whether there is a way back. */
  children: ReactNode
  /** What the button does, as in "Delete". */
  confirm: string
  /** What the other does. Default: "Cancel". */
  cancel?: string
  onConfirm: () => void
  onCancel: () => void
}

/** Asks before something that cannot be taken back. The safe answer has the focus. */
export function ConfirmDialog(props: ConfirmDialogProps): ReactElement {
  const { title, children, confirm, cancel = 'Cancel', onConfirm, onCancel } = props
  const { layers } = useSurroundings()
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
