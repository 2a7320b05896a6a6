import { type ReactElement, useEffect, useState } from 'react'
import { Button, type ButtonProps } from './button.tsx'

interface CopyButtonProps extends Omit<ButtonProps, 'onClick' | 'children'> {
  /** What is copied, or how to get it; null when it could not be got, which is then told elsewhere. */
  text: string | (() => Promise<string | null>)
  /** For screen readers, as in "Copy the signing secret". */
  label: string
}

/** Milliseconds for which it says what became of it. */
const SHOWN_FOR = 2_000

/** Copies a text, and says so. */
export function CopyButton({ text, label, ...rest }: CopyButtonProps): ReactElement {
  const [state, setState] = useState<'ready' | 'busy' | 'copied' | 'failed'>('ready')
  useEffect(() => {
    if (state !== 'copied' && state !== 'failed') return
    const timer = setTimeout(() => setState('ready'), SHOWN_FOR)
    return () => clearTimeout(timer)
  }, [state])
  const copy = async () => {
    setState('busy')
    const content = typeof text === 'string' ? text : await text()
    if (content === null) return setState('ready')
    setState(await writeText(content))
  }
  const words = { ready: 'Copy', busy: 'Copy', copied: 'Copied', failed: 'Not copied' }[state]
  return (
    <Button {...rest} busy={state === 'busy'} aria-label={`${words}: ${label}`} onClick={copy}>
      <span aria-live="polite">{words}</span>
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
