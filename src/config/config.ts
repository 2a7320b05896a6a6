import type { JwtSettings } from '../access/jwt.ts'
import { type AddressPolicy, createAddressPolicy } from '../domain/address.ts'
import { DEFAULT_MUTATION_LIMITS, type MutationLimits } from '../server/limits/mutation-limit.ts'
import { completeDatabaseUrl, parseDatabaseUrl } from '../storage/connection/url.ts'
import { DatabaseUrlError } from '../storage/connection/url-error.ts'
import { POOL_SIZE } from '../storage/database.ts'
import type { EncryptionKey } from '../storage/secret-box.ts'
import { LOG_LEVELS, type LogLevel } from '../telemetry/logger.ts'
import { parseJwt } from './jwt.ts'
import { isPrintable, isSequence } from './sample-key.ts'
import { type OtlpProtocol, parseTraces } from './traces.ts'

/** What a process does: answer the API, deliver, or both. */
export type Role = 'api' | 'worker' | 'all'

/** Everything the environment decides, read once. The README's table says what each variable is for. */
export interface Config {
  role: Role
  host: string
  /** Null for a worker that nobody gave a port: it listens on none. */
  port: number | null
  /** Null runs an embedded PostgreSQL in `dataDir`. */
  databaseUrl: string | null
  /** Connections of the pool at most. */
  poolSize: number
  dataDir: string
  /** The first key encrypts, all decrypt. Null makes one in `dataDir`. */
  encryptionKeys: EncryptionKey[] | null
  /** Which tokens of the host product are taken; null for none. */
  jwt: JwtSettings | null
  /** Origins of pages that may open WebSockets, beside those on our own host. HTTP takes any, without cookies. */
  allowedOrigins: readonly string[]
  /** The path below which a proxy serves the API and its pages, as in "/webhooks". Empty for none. */
  basePath: string
  mutationLimits: MutationLimits
  /** The file of documents that clients may name by their ids; null for none. */
  trustedDocumentsFile: string | null
  addressPolicy: AddressPolicy
  retentionDays: number
  /** Who has it may read /metrics from elsewhere; null for requests of this machine alone. */
  metricsToken: string | null
  /** How traces are sent; null when they are not. The SDK reads the other variables OTEL_… itself. */
  traces: OtlpProtocol | null
  logLevel: LogLevel
}

/** The environment cannot be used. `faults` names every one. */
export class ConfigError extends Error {
  override name = 'ConfigError'
  readonly faults: readonly string[]
  constructor(faults: readonly string[]) {
    super(`The configuration cannot be used:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`)
    this.faults = faults
  }
}

const UNCHECKED_CERTIFICATES =
  'NODE_TLS_REJECT_UNAUTHORIZED=0 would send webhooks to receivers whose certificate nobody checked. Unset it; for a private CA use NODE_EXTRA_CA_CERTS.'

type Env = Record<string, string | undefined>

/**
 * Reads the configuration. An empty variable counts as one that is not set.
 * @param role as the command line says it, `all` when it says nothing
 * @throws ConfigError
 */
export function loadConfig(env: Env, role = 'all'): Config {
  const faults: string[] = []
  const databaseUrl = readDatabaseUrl(env, faults)
  const read = <Value>(value: Value | Fault): Value => {
    if (!(value instanceof Fault)) return value
    faults.push(value.message)
    return undefined as never
  }
  const jwt = parseJwt(env)
  const traces = parseTraces(env)
  const config: Config = {
    role: read(parseRole(role, databaseUrl)),
    port:
      role === 'worker' && !env.PORT
        ? null
        : read(parseWhole('PORT', env.PORT || '4000', { from: 0, to: 65_535 })),
    host: env.HOST || '127.0.0.1',
    databaseUrl,
    poolSize: read(
      parseWhole('DATABASE_POOL', env.DATABASE_POOL || String(POOL_SIZE), { from: 4, to: 500 }),
    ),
    dataDir: env.DATA_DIR || '.data',
    encryptionKeys: read(parseEncryptionKeys(env.ENCRYPTION_KEYS || null, databaseUrl)),
    jwt: jwt.settings,
    allowedOrigins: read(parseOrigins(env.ALLOWED_ORIGINS ?? '')),
    trustedDocumentsFile: env.TRUSTED_DOCUMENTS || null,
    basePath: read(parseBasePath(env.BASE_PATH ?? '')),
    mutationLimits: {
      publish: read(parseLimit('PUBLISH_LIMIT_PER_MINUTE', env, DEFAULT_MUTATION_LIMITS.publish)),
      manage: read(parseLimit('MUTATION_LIMIT_PER_MINUTE', env, DEFAULT_MUTATION_LIMITS.manage)),
    },
    addressPolicy: read(
      parseAddressPolicy(
        read(parseBoolean('DELIVERY_ALLOW_HTTP', env.DELIVERY_ALLOW_HTTP || 'false')),
        env.DELIVERY_ALLOW_NETWORKS ?? '',
      ),
    ),
    retentionDays: read(
      parseWhole('RETENTION_DAYS', env.RETENTION_DAYS || '30', { from: 1, to: 36_500 }),
    ),
    metricsToken: read(parseMetricsToken(env.METRICS_TOKEN || null)),
    traces: traces.protocol,
    logLevel: read(parseLogLevel(env.LOG_LEVEL || 'info')),
  }
  faults.push(...jwt.faults, ...traces.faults)
  if (env.NODE_TLS_REJECT_UNAUTHORIZED === '0') faults.push(UNCHECKED_CERTIFICATES)
  if (faults.length > 0) throw new ConfigError(faults)
  return config
}

class Fault {
  readonly message: string
  constructor(message: string) {
    this.message = message
  }
}

function parseRole(role: string, databaseUrl: string | null): Role | Fault {
  if (role !== 'api' && role !== 'worker' && role !== 'all') {
    return new Fault(`The role is "${role}"; it is api, worker or all.`)
  }
  if (role !== 'all' && !databaseUrl) {
    return new Fault(
      `DATABASE_URL is not set: the role "${role}" shares a database with other processes. Set it, or run the role "all" with the embedded one.`,
    )
  }
  return role
}

/** @returns null for the embedded database; also the URL that cannot be used, so that the rest is judged by it */
function readDatabaseUrl(env: Env, faults: string[]): string | null {
  const url = env.DATABASE_URL || null
  if (url === null) return null
  try {
    const complete = completeDatabaseUrl(url, env)
    parseDatabaseUrl(complete)
    return complete
  } catch (error) {
    if (!(error instanceof DatabaseUrlError)) throw error
    faults.push(error.message)
    return url
  }
}

function parseWhole(
  name: string,
  text: string,
  { from, to }: { from: number; to: number },
): number | Fault {
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= from && value <= to) return value
  return new Fault(`${name} is "${text}"; it is a whole number from ${from} to ${to}.`)
}

const parseLimit = (name: string, env: Env, otherwise: number) =>
  parseWhole(name, env[name] || String(otherwise), { from: 0, to: 1_000_000_000 })

function parseBoolean(name: string, text: string): boolean | Fault {
  if (text === 'true' || text === 'false') return text === 'true'
  return new Fault(`${name} is "${text}"; it is true or false.`)
}

/** It travels in a header, and nobody counts who guesses. */
function parseMetricsToken(token: string | null): string | null | Fault {
  if (token === null || /^[\x21-\x7e]{16,}$/.test(token)) return token
  return new Fault(
    'METRICS_TOKEN is not 16 printable characters or more, without blanks. Make one with: openssl rand -hex 16',
  )
}

function parseLogLevel(text: string): LogLevel | Fault {
  const level = LOG_LEVELS.find((one) => one === text)
  return level ?? new Fault(`LOG_LEVEL is "${text}"; it is one of ${LOG_LEVELS.join(', ')}.`)
}

const listOf = (text: string) =>
  text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')

/** As browsers write them, since they are compared letter by letter. */
function parseOrigins(text: string): string[] | Fault {
  const origins = listOf(text)
  const wrong = origins.find(
    (origin) => !/^https?:[^*]+$/.test(origin) || URL.parse(origin)?.origin !== origin,
  )
  if (wrong === undefined) return origins
  return new Fault(
    `ALLOWED_ORIGINS has "${wrong}"; an origin is a scheme and a host, and a port unless it is the usual one, as in https://app.example.com.`,
  )
}

/** Below these the service answers itself: whether a proxy has removed a base path of this name, nobody could tell. */
const OWN_PATHS = ['graphql', 'health', 'metrics', 'assets', 'destinations', 'events']

function parseBasePath(text: string): string | Fault {
  const path = text.replace(/\/$/, '')
  const [, first = ''] = path.split('/')
  const isPath = /^(\/[\w.~-]+)*$/.test(path) && !/\/\.{1,2}(\/|$)/.test(path)
  if (!isPath) {
    return new Fault(
      `BASE_PATH is "${text}"; it is a path of letters, digits, ".", "_", "~" and "-", as in /webhooks.`,
    )
  }
  if (OWN_PATHS.includes(first)) {
    return new Fault(
      `BASE_PATH is "${text}", and the service has addresses of its own below /${first}. Choose another path.`,
    )
  }
  return path
}

function parseAddressPolicy(allowHttp: boolean, networks: string): AddressPolicy | Fault {
  const allowNetworks = listOf(networks)
  try {
    return createAddressPolicy({ allowHttp, allowNetworks })
  } catch (error) {
    return new Fault(`DELIVERY_ALLOW_NETWORKS: ${(error as Error).message}`)
  }
}

const KEY_BYTES = 32
const HOW_TO_MAKE_ONE = 'Make one with: echo "main:$(openssl rand -base64 32)"'

function parseEncryptionKeys(
  text: string | null,
  databaseUrl: string | null,
): EncryptionKey[] | null | Fault {
  if (text === null) {
    if (databaseUrl === null) return null
    return new Fault(
      `ENCRYPTION_KEYS is not set. With a DATABASE_URL it is needed, as signing secrets are encrypted with it. ${HOW_TO_MAKE_ONE}`,
    )
  }
  const keys: EncryptionKey[] = []
  for (const [index, entry] of text.split(',').entries()) {
    const key = parseKey(entry.trim())
    if (!key) {
      // The entry itself may be a key, so it is not repeated.
      return new Fault(
        `ENCRYPTION_KEYS: entry ${index + 1} is not "name:base64 of ${KEY_BYTES} random bytes". ${HOW_TO_MAKE_ONE}`,
      )
    }
    if (isPrintable(key.key) || isSequence(key.key)) {
      return new Fault(
        `ENCRYPTION_KEYS: entry ${index + 1} is a text or a sample, which can be guessed, and no random key. ${HOW_TO_MAKE_ONE}`,
      )
    }
    if (keys.some(({ id }) => id === key.id)) {
      return new Fault(`ENCRYPTION_KEYS has two keys named "${key.id}".`)
    }
    const twin = keys.find((one) => Buffer.compare(one.key, key.key) === 0)
    if (twin) {
      return new Fault(
        `ENCRYPTION_KEYS: "${twin.id}" and "${key.id}" are the same key, so changing from one to the other would change nothing.`,
      )
    }
    keys.push(key)
  }
  return keys
}

/** Refuses what is no random key at all: too short, or one byte over and over. */
function parseKey(entry: string): EncryptionKey | null {
  const [, id, base64] = /^([\w-]{1,32}):([A-Za-z0-9+/_-]+=*)$/.exec(entry) ?? []
  if (!id || !base64) return null
  const key = Buffer.from(base64, 'base64')
  return key.length === KEY_BYTES && new Set(key).size > KEY_BYTES / 4 ? { id, key } : null
}
