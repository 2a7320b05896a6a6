import {
  createApiKey,
  createFirstApiKey,
  createPlatformKey,
  type KeyOwner,
  type NewApiKey,
} from '../access/api-key.ts'
import { startMonitoringServer } from '../server/monitoring.ts'
import type { SignIn } from '../server/pages/sign-in.ts'
import { startApi } from './api.ts'
import { monitor, type ProcessState } from './health.ts'
import { type AppOptions, createParts, servicePorts } from './parts.ts'
import { startWorker } from './worker.ts'

/** A role that runs until it is closed. */
interface Running {
  close(): Promise<void>
}

export type App = Awaited<ReturnType<typeof createApp>>

/** Creates the parts that the roles of one process share. The methods start the roles. */
export async function createApp(options: AppOptions) {
  await using starting = new AsyncDisposableStack()
  const parts = await createParts(options, starting)
  const state: ProcessState = { worker: null, closing: false }
  const monitoring = await monitor(parts, state, starting)
  const closers = starting.move()
  const { storage } = parts
  const ports = servicePorts(parts)
  /** Reports the process as not ready as soon as the first of its roles closes. */
  const withClosingState = <Role extends Running>(role: Role): Role => ({
    ...role,
    close() {
      state.closing = true
      return role.close()
    },
  })
  return {
    ports,
    authenticate: parts.authenticate,
    createFirstApiKey: () => createFirstApiKey(storage),
    createApiKey: (owner: KeyOwner, key: NewApiKey) => createApiKey(storage, owner, key),
    createPlatformKey: (key: NewApiKey) => createPlatformKey(storage, key),
    /** Serves the API. `signIn` signs in browsers on this machine. */
    startApi: async (address: { host: string; port: number; signIn?: SignIn }) =>
      withClosingState(await startApi(parts, { ...address, ports, monitoring })),
    /** Starts delivering; see `startWorker`. */
    async startWorker(role: { alone?: boolean } = {}): Promise<Running> {
      const worker = withClosingState(await startWorker(parts, role))
      state.worker = worker
      return worker
    },
    /** Serves health and metrics only; see `startMonitoringServer`. Close it after the worker. */
    startMonitoring: (address: { host: string; port: number; ownListener?: boolean }) =>
      startMonitoringServer({ ...address, log: parts.telemetry.log }, monitoring),
    /** Closes the shared parts. Close the roles first. */
    close: () => closers.disposeAsync(),
  }
}
