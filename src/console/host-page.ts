import { createContext, use } from 'react'
import type { Theme } from './shell/theme.ts'
import type { Signal } from './signal.ts'

/** What components need of the page that the console is mounted in. */
export interface HostPage {
  /** The element for dialogs and toasts: above everything else, with the styles of the console. */
  layers: HTMLElement
  theme: Signal<Theme>
  /** Called with the title of each page, as in "Webhooks". */
  onTitle: (title: string) => void
}

export const HostPageContext = createContext<HostPage | null>(null)

export function useHostPage(): HostPage {
  const hostPage = use(HostPageContext)
  if (!hostPage) throw new Error('useHostPage works only inside mountConsole')
  return hostPage
}

/** The id of the `main` element. The prefix keeps it apart from ids of the host page. */
export const MAIN_ID = 'bigmind-main'
