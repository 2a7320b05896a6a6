import type { ReactElement } from 'react'
import { IconButton } from '../elements/button.tsx'
import { useHostPage } from '../host-page.ts'
import { useSignal } from '../signal.ts'
import type { Theme } from './theme.ts'

const NEXT: Record<Theme, Theme> = { system: 'light', light: 'dark', dark: 'system' }
const NAMES: Record<Theme, string> = { system: 'system', light: 'light', dark: 'dark' }

/** Switches to the next of the three themes. */
export function ThemeSwitch(): ReactElement {
  const { theme } = useHostPage()
  const current = useSignal(theme)
  return (
    <IconButton label={`Theme: ${NAMES[current]}`} onClick={() => theme.set(NEXT[current])}>
      {PICTURES[current]}
    </IconButton>
  )
}

const PICTURES: Record<Theme, ReactElement> = {
  system: <path d="M3 4h14v9H3zM7.5 16.5h5M10 13v3.5" />,
  light: (
    <>
      <circle cx="10" cy="10" r="3.2" />
      <path d="M10 2.5v2M10 15.5v2M2.5 10h2M15.5 10h2M4.7 4.7l1.4 1.4M13.9 13.9l1.4 1.4M4.7 15.3l1.4-1.4M13.9 6.1l1.4-1.4" />
    </>
  ),
  dark: <path d="M16.5 11.8A7 7 0 0 1 8.2 3.5a7 7 0 1 0 8.3 8.3Z" />,
}
