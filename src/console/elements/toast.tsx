import * as Toast from '@radix-ui/react-toast'
import { createContext, type ReactElement, type ReactNode, use, useCallback, useState } from 'react'
import { createPortal } from 'react-dom'
import { useHostPage } from '../host-page.ts'
import { Icon } from './button.tsx'
import styles from './toast.module.css'

interface Message {
  id: number
  text: string
}

const ToastContext = createContext<(text: string) => void>(() => {})

/** @returns shows a message about a completed action for a few seconds. Errors are shown where they occurred instead. */
export const useToast = () => use(ToastContext)

export function ToastProvider({ children }: { children: ReactNode }): ReactElement {
  const { layers } = useHostPage()
  const [messages, setMessages] = useState<Message[]>([])
  const toast = useCallback((text: string) => {
    setMessages((shown) => [...shown, { id: (shown.at(-1)?.id ?? 0) + 1, text }])
  }, [])
  const remove = (id: number) => setMessages((shown) => shown.filter((one) => one.id !== id))
  return (
    <ToastContext value={toast}>
      <Toast.Provider label="Notification" duration={5_000} announcerContainer={layers}>
        {children}
        {messages.map(({ id, text }) => (
          <Toast.Root
            key={id}
            className={styles.toast}
            type="background"
            onOpenChange={(open) => open || remove(id)}
          >
            <Toast.Title>{text}</Toast.Title>
            <Toast.Close className={styles.close} aria-label="Close">
              <Icon>
                <path d="m6 6 8 8m0-8-8 8" />
              </Icon>
            </Toast.Close>
          </Toast.Root>
        ))}
        {createPortal(<Toast.Viewport className={styles.viewport} />, layers)}
      </Toast.Provider>
    </ToastContext>
  )
}
