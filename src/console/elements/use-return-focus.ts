import { useState } from 'react'
import { MAIN_ID } from '../surroundings.ts'

/**
 * Gives the focus back to what had it before a dialog opened, or to the page where that is gone, as the row of
 * something deleted. The primitives do so only for a trigger of their own, and ours are shown while they are rendered.
 */
export function useReturnFocus(): (event: Event) => void {
  const [before] = useState(() => document.activeElement)
  return (event) => {
    event.preventDefault()
    const target = before?.isConnected ? before : document.getElementById(MAIN_ID)
    if (target instanceof HTMLElement) target.focus({ preventScroll: true })
  }
}
