import { mountConsole } from './mount.tsx'
import './styles/page.css'

/** Returns the content of a meta element that the server added, and removes the element from the document. */
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
