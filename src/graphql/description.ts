import type { Scope } from '../domain/api-key.ts'
import { MAX_ATTEMPTS, retryDelay } from '../domain/backoff.ts'

/** Returns the options of a field that requires all of these scopes. Its description says so. */
export const requires = (description: string, ...scopes: readonly [Scope, ...Scope[]]) => ({
  description: `${description} Requires the ${scopes.length > 1 ? 'scopes' : 'scope'} ${scopes.join(' and ')}.`,
  authScopes: Object.fromEntries(scopes.map((scope) => [scope, true])) as {
    [Name in Scope]?: boolean
  },
})

/** Returns a whole number with thousands separators, as in "20,000". */
export const grouped = (count: number): string => count.toLocaleString('en')

/** The seconds before each retry, as in "2, 4 and 8". */
export const RETRY_DELAYS: string = new Intl.ListFormat('en-GB').format(
  Array.from({ length: MAX_ATTEMPTS - 1 }, (_, index) => String(retryDelay(index + 1))),
)
