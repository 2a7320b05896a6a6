import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { Console } from './console.tsx'
import type { Credential } from './credential.ts'
import { applyTheme, storedTheme } from './shell/theme.ts'

export interface ConsoleOptions {
  /** Where the API answers, as in "/graphql" or "https://webhooks.example.com/graphql". */
  url: string
  /** The host page's sign-in. Left out, the console asks for an API key or a token itself. */
  credential?: Credential
  /** A key that this machine's own service offers; whoever signs out can paste another. */
  localKey?: string
  /** The path below which the host page shows the console, as in "/settings/webhooks". Default: "/". */
  basePath?: string
  /** Of the page's Content-Security-Policy, for the one style that an open dialog adds to the page. */
  nonce?: string
}

/** Shows the console in an element of a page, and takes over the addresses below `basePath`. */
export function mountConsole(
  element: HTMLElement,
  { nonce, ...options }: ConsoleOptions,
): { unmount(): void } {
  // Where the library that locks scrolling behind a dialog looks for it.
  if (nonce) Object.assign(globalThis, { __webpack_nonce__: nonce })
  applyTheme(storedTheme())
  const root = createRoot(element)
  root.render(
    <StrictMode>
      <Console {...options} />
    </StrictMode>,
  )
  return { unmount: () => root.unmount() }
}
