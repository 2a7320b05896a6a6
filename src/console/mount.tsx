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
  /** Until somebody chooses another. A page that is always light wants "light". Default: "system". */
  theme?: Theme
  /** Takes the name of what is shown, as in "Webhooks". The tab's title is the host page's own. */
  onTitle?: (title: string) => void
  /**
   * Whether to remember how far each page was scrolled. For a page that shows nothing else: this takes scrolling over
   * for as long as the document lives. Default: false.
   */
  restoreScroll?: boolean
}

/** Shows the console in an element of a page, and takes over the addresses below `basePath`. */
export function mountConsole(
  element: HTMLElement,
  options: ConsoleOptions,
): {
  /** Takes away all that it added to the page, and closes the live connection. */
  unmount(): void
} {
  const {
    basePath = '/',
    nonce,
    onTitle = () => {},
    restoreScroll = false,
    theme: first,
    ...rest
  } = options
  const takeBackNonce = nonce === undefined ? () => {} : offerNonce(nonce)
  const theme = createTheme(first)
  const frame = addElement(element)
  const layers = addElement(document.body)
  layers.classList.add('bigmind-layers')
  const applyTheme = () => {
    for (const one of [frame, layers]) one.dataset.theme = theme.get()
  }
  applyTheme()
  theme.subscribe(applyTheme)
  const pages = createPages({ basePath, restoreScroll })
  // The host page's own React may count its ids from the same number.
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
      takeBackNonce()
    },
  }
}

/** What all styles are for: an element of this name has the console's own, and nothing of the page around. */
function addElement(parent: HTMLElement): HTMLElement {
  const element = document.createElement('bigmind-console')
  parent.append(element)
  return element
}

/** Puts it where the library looks for it that locks scrolling behind a dialog. @returns what undoes that */
function offerNonce(nonce: string): () => void {
  const place = globalThis as { __webpack_nonce__?: string | undefined }
  const before = place.__webpack_nonce__
  place.__webpack_nonce__ = nonce
  return () => {
    if (before === undefined) delete place.__webpack_nonce__
    else place.__webpack_nonce__ = before
  }
}
