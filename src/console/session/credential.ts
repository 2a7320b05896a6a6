/** An API key ("bmk_…") or a token (JWT), or how to get one that holds now. */
export type Credential = string | (() => Promise<string>)

/** As the API takes it, in the header of a request or in the parameters of a socket; never in an address. */
export async function authorizationOf(credential: Credential): Promise<string> {
  return `Bearer ${typeof credential === 'string' ? credential : await credential()}`
}

const KEY = 'bigmind:credential'
const SIGNED_OUT = 'signed-out'

/** What was pasted in this tab, until the tab is closed. Null when nothing was, or after signing out. */
export function storedCredential(): string | null {
  const stored = sessionStorage.getItem(KEY)
  return stored === SIGNED_OUT ? null : stored
}

/** Whether somebody signed out in this tab, so that it does not sign in again by itself. */
export const hasSignedOut = () => sessionStorage.getItem(KEY) === SIGNED_OUT

export function storeCredential(credential: string): void {
  sessionStorage.setItem(KEY, credential)
}

/** Forgets what was pasted, and that somebody signed out: what the page offers counts again. */
export function resetCredential(): void {
  sessionStorage.removeItem(KEY)
}

/** Forgets it, and stays signed out. */
export function forgetCredential(): void {
  sessionStorage.setItem(KEY, SIGNED_OUT)
}

/** The key in what people paste: some bring the header's "Bearer" along, or blanks. */
export const cleanCredential = (text: string) => text.trim().replace(/^Bearer\s+/i, '')
