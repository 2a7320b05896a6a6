import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { Console } from './console.tsx'
import { createPages } from './router.tsx'
import type { Credential } from './session/credential.ts'
import { createTheme, type Theme } from './shell/theme.ts'
import './styles/base.css'
import './styles/tokens.css'
import { HostPageContext } from './host-page.ts'

export interface ConsoleOptions {
  /** The address of the API, as in "/graphql" or "https://webhooks.example.com/graphql". */
  url: string
  /** The host page's credential. Default: the console asks for an API key or a token. */
  credential?: Credential
  /** The message of the first sign-in page. Default: none. */
  signInMessage?: string
  /** The path of the console in the host page, as in "/settings/webhooks". Default: "/". */
  basePath?: string
  /** The nonce of the page's Content-Security-Policy, for the style that an open dialog adds to the page. */
  nonce?: string
  /** The theme until the user chooses another one. Default: "system". */
  theme?: Theme
  /** Called with the title of each page, as in "Webhooks". The console does not change the tab's title. */
  onTitle?: (title: string) => void
  /**
   * Restores the scroll position of each page. Only for a page that shows nothing else, because it controls the
   * scrolling of the document until the document is closed. Default: false.
   */
  restoreScroll?: boolean
}

/** Mounts the console in an element of a page. It handles the addresses below `basePath`. */
export function mountConsole(
  element: HTMLElement,
  options: ConsoleOptions,
): {
  /** Removes everything the console added to the page, and closes the live connection. */
  unmount(): void
} {
  const {
    basePath = '/',
    nonce,
    onTitle = () => {},
    restoreScroll = false,
    theme: initialTheme,
    ...rest
  } = options
  const restoreNonce = nonce === undefined ? () => {} : setNonce(nonce)
  const theme = createTheme(initialTheme)
  const frame = addElement(element)
  const layers = addElement(document.body)
  layers.classList.add('bigmind-layers')
  const applyTheme = () => {
    for (const one of [frame, layers]) one.dataset.theme = theme.get()
  }
  applyTheme()
  theme.subscribe(applyTheme)
  const pages = createPages({ basePath, restoreScroll })
  // The ids of a React root in the host page would be the same without a prefix.
  const root = createRoot(frame, { identifierPrefix: 'bigmind' })
  root.render(
    <StrictMode>
      <HostPageContext value={{ layers, theme, onTitle }}>
        <Console {...rest} pages={pages} />
      </HostPageContext>
    </StrictMode>,
  )
  return {
    unmount() {
      root.unmount()
      pages.history.destroy()
      frame.remove()
      layers.remove()
      restoreNonce()
    },
  }
}

/** Adds an element that has the styles of the console and none of the host page. */
function addElement(parent: HTMLElement): HTMLElement {
  const element = document.createElement('bigmind-console')
  parent.append(element)
  return element
}

/** Sets the nonce for the library that locks scrolling behind a dialog. @returns restores the previous value */
function setNonce(nonce: string): () => void {
  const place = globalThis as { __webpack_nonce__?: string | undefined }
  const before = place.__webpack_nonce__
  place.__webpack_nonce__ = nonce
  return () => {
    if (before === undefined) delete place.__webpack_nonce__
    else place.__webpack_nonce__ = before
  }
}
