import { mountConsole } from './mount.tsx'
import './styles/page.css'

/** What the server hands over in the page, once: read it, and leave no trace in the document. */
function takeMeta(name: string): string | undefined {
  const meta = document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)
  meta?.remove()
  return meta?.content
}

const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce
const localKey = takeMeta('local-key')
const basePath = takeMeta('base-path') ?? ''

mountConsole(document.getElementById('root')!, {
  url: `${basePath}/graphql`,
  basePath: basePath || '/',
  onTitle: (title) => {
    document.title = `${title} · Bigmind`
  },
  restoreScroll: true,
  ...(nonce && { nonce }),
  ...(localKey && { localKey }),
})
