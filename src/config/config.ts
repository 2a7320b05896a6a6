import type { JwtSettings } from '../access/jwt.ts'
import { type AddressPolicy, createAddressPolicy } from '../domain/address.ts'
import { DEFAULT_MUTATION_LIMITS, type MutationLimits } from '../server/limits/mutation-limit.ts'
import { completeDatabaseUrl, parseDatabaseUrl } from '../storage/connection/url.ts'
import { DatabaseUrlError } from '../storage/connection/url-error.ts'
import { POOL_SIZE } from '../storage/database.ts'
import type { EncryptionKey } from '../storage/secret-encryption.ts'
import { LOG_LEVELS, type LogLevel } from '../telemetry/logger.ts'
import { readEncryptionKeys } from './encryption-keys.ts'
import { Environment, type Variables } from './environment.ts'
import {
  readBasePath,
  readDeliveryProxy,
  readMetricsListener,
  readMetricsToken,
  readOrigins,
} from './http.ts'
import { readJwt } from './jwt.ts'
import { type OtlpProtocol, readTraces } from './traces.ts'

/** What a process does: it answers the API, delivers, or does both. */
export type Role = 'api' | 'worker' | 'all'

/** The settings of a process. docs/configuration.md describes each. */
export interface Config {
  role: Role
  host: string
  /** Null for a worker without PORT: it does not listen. */
  port: number | null
  /** Null runs an embedded PostgreSQL in `dataDir`. */
  databaseUrl: string | null
  /** Largest number of connections of the pool. */
  poolSize: number
  dataDir: string
  /** The first key encrypts, all decrypt. Null: the key in `dataDir`, created on the first start. */
  encryptionKeys: EncryptionKey[] | null
  /** Verifies JWTs of the host product. Null: no tokens are accepted. */
  jwt: JwtSettings | null
  /** Origins of pages that may open WebSockets, beside the service's own. HTTP allows any origin, without cookies. */
  allowedOrigins: readonly string[]
  /** The path below which a proxy serves the API and its pages, such as "/webhooks". Empty for none. */
  basePath: string
  mutationLimits: MutationLimits
  /** The file of the trusted documents; null for none. */
  trustedDocumentsFile: string | null
  addressPolicy: AddressPolicy
  /** The proxy for all deliveries. Null: none. */
  deliveryProxy: URL | null
  retentionDays: number
  /** Days after which entries of the audit logs are deleted. */
  auditRetentionDays: number
  /** The token for /metrics. Null: only the listener of the metrics serves them. */
  metricsToken: string | null
  /** The address of a listener for metrics and health only, without a token unless one is set. Null: none. */
  metricsListener: { host: string; port: number } | null
  /** The encoding of traces. Null: no traces. The SDK reads the other OTEL_ variables itself. */
  traces: OtlpProtocol | null
  logLevel: LogLevel
}

/** The configuration is invalid. `faults` has one sentence for each invalid setting. */
export class ConfigError extends Error {
  override name = 'ConfigError'
  readonly faults: readonly string[]
  constructor(faults: readonly string[]) {
    super(`The configuration cannot be used:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`)
    this.faults = faults
  }
}

const UNCHECKED_CERTIFICATES =
  "NODE_TLS_REJECT_UNAUTHORIZED=0 disables the check of receivers' certificates. Unset it; for a private CA, set NODE_EXTRA_CA_CERTS."

/**
 * Reads the configuration. An empty variable counts as not set.
 * @param role the argument of the command line; "all" when there is none
 * @throws ConfigError
 */
export function loadConfig(variables: Variables, role = 'all'): Config {
  const env = new Environment(variables)
  const databaseUrl = readDatabaseUrl(env, variables)
  const config: Config = {
    role: checkRole(env, role, databaseUrl),
    port:
      role === 'worker' && env.text('PORT') === null
        ? null
        : env.integer('PORT', 4_000, { from: 0, to: 65_535 }),
    host: env.text('HOST') ?? '127.0.0.1',
    databaseUrl,
    poolSize: env.integer('DATABASE_POOL', POOL_SIZE, { from: 4, to: 500 }),
    dataDir: env.text('DATA_DIR') ?? '.data',
    encryptionKeys: readEncryptionKeys(env, databaseUrl === null),
    jwt: readJwt(env),
    allowedOrigins: readOrigins(env),
    trustedDocumentsFile: env.text('TRUSTED_DOCUMENTS'),
    basePath: readBasePath(env),
    mutationLimits: {
      publish: readLimit(env, 'PUBLISH_LIMIT_PER_MINUTE', DEFAULT_MUTATION_LIMITS.publish),
      manage: readLimit(env, 'MUTATION_LIMIT_PER_MINUTE', DEFAULT_MUTATION_LIMITS.manage),
    },
    addressPolicy: readAddressPolicy(env),
    deliveryProxy: readDeliveryProxy(env),
    retentionDays: env.integer('RETENTION_DAYS', 30, { from: 1, to: 36_500 }),
    auditRetentionDays: env.integer('AUDIT_RETENTION_DAYS', 365, { from: 1, to: 36_500 }),
    metricsToken: readMetricsToken(env),
    metricsListener: readMetricsListener(env),
    traces: readTraces(env),
    logLevel: env.choice('LOG_LEVEL', LOG_LEVELS, 'info'),
  }
  if (env.text('NODE_TLS_REJECT_UNAUTHORIZED') === '0') env.faults.push(UNCHECKED_CERTIFICATES)
  if (env.faults.length > 0) throw new ConfigError(env.faults)
  return config
}

function checkRole(env: Environment, role: string, databaseUrl: string | null): Role {
  if (role !== 'api' && role !== 'worker' && role !== 'all') {
    return env.refuse(`The role is "${role}"; it must be api, worker or all.`, 'all')
  }
  if (role === 'all' || databaseUrl !== null) return role
  return env.refuse(
    `DATABASE_URL is not set, and the role "${role}" shares a database with other processes. Set DATABASE_URL, or run the role "all" with the embedded database.`,
    role,
  )
}

/** @returns null for the embedded database. An invalid URL is returned unchanged, because other settings depend on it */
function readDatabaseUrl(env: Environment, variables: Variables): string | null {
  const url = env.text('DATABASE_URL')
  if (url === null) return null
  try {
    const complete = completeDatabaseUrl(url, variables)
    parseDatabaseUrl(complete)
    return complete
  } catch (error) {
    if (!(error instanceof DatabaseUrlError)) throw error
    return env.refuse(error.message, url)
  }
}

const readLimit = (env: Environment, name: string, fallback: number) =>
  env.integer(name, fallback, { from: 0, to: 1_000_000_000 })

function readAddressPolicy(env: Environment): AddressPolicy {
  const allowHttp = env.boolean('DELIVERY_ALLOW_HTTP')
  const allowNetworks = readNetworks(env, 'DELIVERY_ALLOW_NETWORKS')
  const denyNetworks = readNetworks(env, 'DELIVERY_DENY_NETWORKS')
  return createAddressPolicy({ allowHttp, allowNetworks, denyNetworks })
}

/** Returns no network if one of them is invalid. */
function readNetworks(env: Environment, name: string): string[] {
  const networks = env.list(name)
  try {
    createAddressPolicy({ allowHttp: false, allowNetworks: networks })
    return networks
  } catch (error) {
    return env.refuse(`${name}: ${(error as Error).message}`, [])
  }
}
