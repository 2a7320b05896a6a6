import { randomBytes } from 'node:crypto'
import type { JwtSettings } from '../../src/access/jwt.ts'
import { createGraphqlClient, type GraphqlClient } from '../../src/cli/graphql-client.ts'
import type { Clock } from '../../src/concurrency/clock.ts'
import type { ResolveName } from '../../src/delivery/http/name-resolver.ts'
import { type AddressPolicy, createAddressPolicy } from '../../src/domain/address.ts'
import { SCOPES, type Scope } from '../../src/domain/api-key.ts'
import { type App, createApp } from '../../src/process/app.ts'
import type { MutationLimits } from '../../src/server/limits/mutation-limit.ts'
import type { EncryptionKey } from '../../src/storage/secret-encryption.ts'
import type { Logger } from '../../src/telemetry/logger.ts'
import { createDatabase, followTestClock } from './database.ts'
import { METRICS_TOKEN } from './metrics.ts'
import { organizationKey } from './organization-key.ts'
import { SILENT } from './silent-log.ts'

/** One process of the deployment: roles that share the world's database. */
export interface TestProcess {
  app: App
  /** Of its API. */
  url: string
  close(): Promise<void>
}

/** A deployment with a database of its own, and a key of one organization to use it with. */
export interface World extends AsyncDisposable {
  databaseUrl: string
  /** The key named "test", which encrypts signing secrets if no ring is given. */
  encryptionKey: Buffer
  app: App
  /** Of the first process's API. */
  url: string
  apiKey: string
  organizationId: string
  /** The client of the customer with `apiKey`. */
  client: GraphqlClient
  /** Another client, as another organization when one is named. */
  clientFor(organization: string, scopes?: readonly Scope[], url?: string): Promise<GraphqlClient>
  /** One more process on the same database. */
  addProcess(options?: ProcessOptions): Promise<TestProcess>
}

export interface ProcessOptions {
  /** A migrated database. Default: one of the world's own. */
  databaseUrl?: string
  /** Default: true. */
  worker?: boolean
  clock?: Clock
  /** Milliseconds an attempt may take. Default: 30,000, so that no attempt times out because the machine is busy. */
  timeoutMs?: number
  /** Looks names up in place of the system's name servers. */
  resolve?: ResolveName
  /** The ring of encryption keys, as in ENCRYPTION_KEYS. Default: the world's own one. */
  encryptionKeys?: readonly EncryptionKey[]
  /** Which tokens of the host product are taken. Default: none. */
  jwt?: JwtSettings
  /** The addresses that deliveries can reach. Default: also this machine, and without TLS. */
  addressPolicy?: AddressPolicy
  /** The proxy of all deliveries. Default: none. */
  deliveryProxy?: URL
  log?: Logger
  /** Default: the product's. */
  mutationLimits?: MutationLimits
  /** Milliseconds a statement may take. Default: the product's 25 s. */
  statementTimeoutMs?: number
  /** Connections of the pool at most. Default: the product's 16. */
  poolSize?: number
  /** Pages that may open sockets, beside those of the API's own host. Default: none. */
  allowedOrigins?: readonly string[]
  /** The path below which a proxy serves it. Default: none. */
  basePath?: string
}

/** Loopback is allowed by configuration, not by a switch: the guard is on. */
export const loopback = createAddressPolicy({
  allowHttp: true,
  allowNetworks: ['127.0.0.0/8', '::1/128'],
})

/** Returns the URL with a time limit for connecting that a busy machine keeps. The product's is 10 s. */
function patient(url: string): string {
  const patient = new URL(url)
  patient.searchParams.set('connect_timeout', '60')
  return patient.href
}

/** Starts a deployment of one process with the role "all". Use it with `await using`. */
export async function createWorld(options: ProcessOptions = {}): Promise<World> {
  const databaseUrl = options.databaseUrl ?? patient((await createDatabase()).url)
  const encryptionKey = randomBytes(32)
  const ownRing = [{ id: 'test', key: encryptionKey }]
  const processes: TestProcess[] = []
  const clients: GraphqlClient[] = []

  async function addProcess(options: ProcessOptions = {}) {
    const { worker = true, clock, timeoutMs = 30_000, resolve } = options
    const { addressPolicy = loopback, encryptionKeys = ownRing } = options
    const { deliveryProxy = null, jwt = null, log = SILENT } = options
    const {
      allowedOrigins = [],
      basePath = '',
      mutationLimits,
      poolSize,
      statementTimeoutMs,
    } = options
    if (clock) await followTestClock(databaseUrl)
    const app = await createApp({
      databaseUrl,
      encryptionKeys,
      addressPolicy,
      deliveryProxy,
      jwt,
      retentionDays: 30,
      version: 'test',
      log,
      metricsToken: METRICS_TOKEN,
      allowedOrigins,
      basePath,
      ...(mutationLimits && { mutationLimits }),
      ...(statementTimeoutMs && { statementTimeoutMs }),
      ...(poolSize && { poolSize }),
      ...(clock && { clock }),
      client: { timeoutMs, ...(resolve && { resolve }) },
    })
    const api = await app.startApi({ host: '127.0.0.1', port: 0 })
    const running = worker ? await app.startWorker() : null
    let closed: Promise<void> | null = null
    const close = async () => {
      await Promise.all([api.close(), running?.close()])
      await app.close()
    }
    const one: TestProcess = {
      app,
      url: api.url,
      close: () => {
        closed ??= close()
        return closed
      },
    }
    processes.push(one)
    return one
  }

  const first = await addProcess(options)
  async function clientFor(
    organization: string,
    scopes: readonly Scope[] = SCOPES,
    url = first.url,
  ): Promise<GraphqlClient> {
    const apiKey = await organizationKey(first.app, organization, { name: 'test', scopes })
    const client = createGraphqlClient({ url, apiKey })
    clients.push(client)
    return client
  }
  const apiKey = await organizationKey(first.app, 'Acme', { name: 'test', scopes: SCOPES })
  const { viewer } = await first.app.authenticate({
    authorization: `Bearer ${apiKey}`,
    organization: null,
  })
  const client = createGraphqlClient({ url: first.url, apiKey })
  clients.push(client)

  return {
    databaseUrl,
    encryptionKey,
    app: first.app,
    url: first.url,
    apiKey,
    organizationId: viewer!.organizationId,
    client,
    clientFor,
    addProcess,
    async [Symbol.asyncDispose]() {
      await Promise.all(clients.map((one) => one.close()))
      await Promise.all(processes.map((one) => one.close()))
    },
  }
}
