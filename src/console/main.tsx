import { mountConsole } from './mount.tsx'
import { storeCredential } from './session/credential.ts'
import { followSignInLink } from './session/sign-in-link.ts'
import './styles/page.css'

/** Returns the content of a meta element that the server added, and removes the element from the document. */
function takeMeta(name: string): string | undefined {
  const meta = document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)
  meta?.remove()
  return meta?.content
}

const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce
const basePath = takeMeta('base-path') ?? ''

/** The first message of the sign-in page of a local service. */
const OPEN_LINK =
  'Open the link that the service printed last in its terminal, or enter the key in its file .data/api-key.'

const followed = await followSignInLink(`${basePath}/sign-in`)
if (followed && 'key' in followed) storeCredential(followed.key)
const hint = takeMeta('sign-in-link') ? OPEN_LINK : undefined
const signInMessage = followed && 'message' in followed ? followed.message : hint

mountConsole(document.getElementById('root')!, {
  url: `${basePath}/graphql`,
  basePath: basePath || '/',
  onTitle: (title) => {
    document.title = `${title} · Bigmind`
  },
  restoreScroll: true,
  ...(nonce && { nonce }),
  ...(signInMessage && { signInMessage }),
})
