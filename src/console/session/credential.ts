/** An API key ("bmk_…"), a token (JWT), or a function that returns a valid one. */
export type Credential = string | (() => Promise<string>)

/** Returns the value of the Authorization header and of the socket's connection parameter. Never put it in an address. */
export async function authorizationOf(credential: Credential): Promise<string> {
  return `Bearer ${typeof credential === 'string' ? credential : await credential()}`
}

const STORAGE_KEY = 'bigmind:credential'

/** Returns the credential of this tab; null if there is none. */
export const storedCredential = (): string | null => sessionStorage.getItem(STORAGE_KEY)

export function storeCredential(credential: string): void {
  sessionStorage.setItem(STORAGE_KEY, credential)
}

export function clearCredential(): void {
  sessionStorage.removeItem(STORAGE_KEY)
}

/** Removes surrounding blanks and the word "Bearer" of a header from what the user entered. */
export const cleanCredential = (text: string) => text.trim().replace(/^Bearer\s+/i, '')
