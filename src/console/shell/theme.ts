import { createSignal, type Signal } from '../signal.ts'

/** `system` follows the preference of the operating system. */
export type Theme = 'system' | 'light' | 'dark'

const STORAGE_KEY = 'bigmind:theme'

const isTheme = (text: string | null): text is Theme =>
  text === 'system' || text === 'light' || text === 'dark'

/** Returns the theme stored in this browser, or `initial` if none is. Setting it stores it. */
export function createTheme(initial: Theme = 'system'): Signal<Theme> {
  const stored = localStorage.getItem(STORAGE_KEY)
  const theme = createSignal(isTheme(stored) ? stored : initial)
  return {
    ...theme,
    set(value) {
      localStorage.setItem(STORAGE_KEY, value)
      theme.set(value)
    },
  }
}
