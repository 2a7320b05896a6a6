import { type ReactElement, useEffect, useState } from 'react'
import { Button, type ButtonProps } from './button.tsx'

interface CopyButtonProps extends Omit<ButtonProps, 'onClick' | 'children'> {
  /** The text, or a function that resolves to it, or to null after showing its own error. */
  text: string | (() => Promise<string | null>)
  /** What is copied, for screen readers, as in "the signing secret". */
  label: string
}

/** Milliseconds for which the result is shown. */
const RESULT_SHOWN_MS = 2_000

/** Copies a text to the clipboard and shows the result. */
export function CopyButton({ text, label, ...rest }: CopyButtonProps): ReactElement {
  const [state, setState] = useState<'ready' | 'busy' | 'copied' | 'failed'>('ready')
  useEffect(() => {
    if (state !== 'copied' && state !== 'failed') return
    const timer = setTimeout(() => setState('ready'), RESULT_SHOWN_MS)
    return () => clearTimeout(timer)
  }, [state])
  const copy = async () => {
    setState('busy')
    const content = typeof text === 'string' ? text : await text()
    if (content === null) return setState('ready')
    setState(await writeText(content))
  }
  const caption = { ready: 'Copy', busy: 'Copy', copied: 'Copied', failed: 'Copy failed' }[state]
  return (
    <Button {...rest} busy={state === 'busy'} aria-label={`${caption}: ${label}`} onClick={copy}>
      <span aria-live="polite">{caption}</span>
    </Button>
  )
}

const writeText = (content: string) =>
  navigator.clipboard
    ? navigator.clipboard.writeText(content).then(
        () => 'copied' as const,
        () => 'failed' as const,
      )
    : Promise.resolve('failed' as const)
