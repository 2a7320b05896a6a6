import { createContext, use } from 'react'
import type { Theme } from './shell/theme.ts'
import type { Signal } from './signal.ts'

/** The page around the console, as its components see it. */
export interface HostPage {
  /** Where dialogs and notices go: above everything else, and with the console's own styles. */
  layers: HTMLElement
  theme: Signal<Theme>
  /** Takes the name of what is shown, as in "Webhooks". */
  onTitle: (title: string) => void
}

export const HostPageContext = createContext<HostPage | null>(null)

export function useHostPage(): HostPage {
  const surroundings = use(HostPageContext)
  if (!surroundings) throw new Error('There are no surroundings outside of mountConsole')
  return surroundings
}

/** The id of the pages' main part, such that no page around has it too. */
export const MAIN_ID = 'bigmind-main'
