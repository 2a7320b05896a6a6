import { createSignal, type Signal } from '../signal.ts'

/** `system` follows what the reader's system prefers. */
export type Theme = 'system' | 'light' | 'dark'

const KEY = 'bigmind:theme'

const isTheme = (text: string | null): text is Theme =>
  text === 'system' || text === 'light' || text === 'dark'

/** The theme that was chosen in this browser, or the first one until then. What it is set to is kept. */
export function createTheme(first: Theme = 'system'): Signal<Theme> {
  const stored = localStorage.getItem(KEY)
  const theme = createSignal(isTheme(stored) ? stored : first)
  return {
    ...theme,
    set(chosen) {
      localStorage.setItem(KEY, chosen)
      theme.set(chosen)
    },
  }
}
