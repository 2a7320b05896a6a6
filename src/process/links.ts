import type { SignIn } from '../server/pages/sign-in.ts'

interface Pages {
  /** The URL of the service, with its base path. */
  root: string
  /** Null with DATABASE_URL: the pages ask for an API key. */
  signIn: SignIn | null
}

/**
 * Prints the addresses of the console and GraphiQL. Those of a local service sign in a browser on this machine once. When one
 * was used, it is printed again with a new code.
 */
export function printLinks({ root, signIn }: Pages, print: (line: string) => void): void {
  const printLink = (page: string, url: string) => {
    if (!signIn) return print(`${page}: ${url}`)
    print(`${page}: ${url}#sign-in=${signIn.issueCode(() => printLink(page, url))}`)
  }
  printLink('Console', signIn ? `${root}/` : root)
  printLink('GraphiQL', `${root}/graphql`)
}
