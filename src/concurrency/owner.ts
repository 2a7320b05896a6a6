import { AsyncLocalStorage } from 'node:async_hooks'

const owners = new AsyncLocalStorage<string>()

/** Runs work on behalf of an organization, so that what it uses counts towards the share of that organization. */
export const runFor = <Result>(organizationId: string, work: () => Result): Result =>
  owners.run(organizationId, work)

/** Returns the organization for which the caller runs; null for work of the service. */
export const currentOwner = (): string | null => owners.getStore() ?? null
