/** An API key ("bmk_…"), a token (JWT), or a function that returns a valid one. */
export type Credential = string | (() => Promise<string>)

/** Returns the value of the Authorization header and of the socket's connection parameter. Never put it in an address. */
export async function authorizationOf(credential: Credential): Promise<string> {
  return `Bearer ${typeof credential === 'string' ? credential : await credential()}`
}

const STORAGE_KEY = 'bigmind:credential'
const SIGNED_OUT = 'signed-out'

/** Returns the credential entered in this tab; null if there is none or after signing out. */
export function storedCredential(): string | null {
  const stored = sessionStorage.getItem(STORAGE_KEY)
  return stored === SIGNED_OUT ? null : stored
}

/** Returns whether the user signed out in this tab. It then does not sign in automatically. */
export const hasSignedOut = () => sessionStorage.getItem(STORAGE_KEY) === SIGNED_OUT

export function storeCredential(credential: string): void {
  sessionStorage.setItem(STORAGE_KEY, credential)
}

/** Removes the credential and the mark of a sign-out, so that the tab can sign in automatically again. */
export function clearCredential(): void {
  sessionStorage.removeItem(STORAGE_KEY)
}

/** Removes the credential and marks the tab as signed out. */
export function markSignedOut(): void {
  sessionStorage.setItem(STORAGE_KEY, SIGNED_OUT)
}

/** Removes surrounding blanks and the word "Bearer" of a header from what the user entered. */
export const cleanCredential = (text: string) => text.trim().replace(/^Bearer\s+/i, '')
