import type { ConnectionOptions } from 'node:tls'
import { readService } from './service-file.ts'
import { tlsModes } from './tls.ts'
import { DatabaseUrlError, type Env, type Parameters } from './url-error.ts'

/** A host, with or without TLS. */
export interface Endpoint {
  host: string
  port: number
  ssl: false | ConnectionOptions
}

export interface DatabaseAddress {
  /** In the order in which they are tried. */
  endpoints: readonly Endpoint[]
  user: string | undefined
  password: string | undefined
  database: string | undefined
  /** Startup options as in PGOPTIONS. */
  options: string | undefined
  directTls: boolean
  channelBinding: boolean
  /** Whether standbys are skipped, according to target_session_attrs. */
  primaryOnly: boolean
  /** Milliseconds to connect to one endpoint; undefined for the caller's own limit. */
  connectTimeout: number | undefined
  /** The schema with the service's own tables. */
  schema: string
  /** The schema with pg-boss's tables, beside it. */
  bossSchema: string
}

/** The connection parameters of libpq, and their environment variables. */
const ENVIRONMENT: Record<string, string> = {
  host: 'PGHOST',
  port: 'PGPORT',
  dbname: 'PGDATABASE',
  user: 'PGUSER',
  password: 'PGPASSWORD',
  options: 'PGOPTIONS',
  sslmode: 'PGSSLMODE',
  sslrootcert: 'PGSSLROOTCERT',
  sslcert: 'PGSSLCERT',
  sslkey: 'PGSSLKEY',
  sslcrl: 'PGSSLCRL',
  sslnegotiation: 'PGSSLNEGOTIATION',
  ssl_min_protocol_version: 'PGSSLMINPROTOCOLVERSION',
  ssl_max_protocol_version: 'PGSSLMAXPROTOCOLVERSION',
  channel_binding: 'PGCHANNELBINDING',
  target_session_attrs: 'PGTARGETSESSIONATTRS',
  connect_timeout: 'PGCONNECT_TIMEOUT',
}

/**
 * Adds missing parameters to a PostgreSQL URL as libpq does: first from the service that the URL or PGSERVICE names, then from
 * the PG* variables. Returns a complete URL unchanged.
 * @throws DatabaseUrlError
 */
export function completeDatabaseUrl(url: string, env: Env): string {
  const given = readUrl(url)
  const service = given.service ?? env.PGSERVICE
  const fromService = service ? readService(service, env) : {}
  const added: [string, string][] = Object.entries(fromService).filter(([name]) => !given[name])
  for (const [name, variable] of Object.entries(ENVIRONMENT)) {
    const value = env[variable]
    if (value && !given[name] && !fromService[name]) added.push([name, value])
  }
  if (added.length === 0) return url
  const query = added.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&')
  // The query can contain the host when the URL has none.
  return `${url}${url.includes('?') ? '&' : '?'}${query}`
}

/**
 * Parses a PostgreSQL URL as libpq does, with several hosts, sockets and all parameters.
 * @throws DatabaseUrlError
 */
export function parseDatabaseUrl(url: string): DatabaseAddress {
  const given = readUrl(url)
  const modes = tlsModes(given)
  const { schema, bossSchema } = schemasOf(given.schema || 'public')
  const seconds = Number(given.connect_timeout ?? 0)
  return {
    endpoints: hostsOf(given).flatMap(({ host, port }) =>
      // TLS is not used over a socket, whatever sslmode says.
      (host.startsWith('/') ? [false as const] : modes).map((ssl) => ({ host, port, ssl })),
    ),
    user: given.user,
    password: given.password,
    database: given.dbname,
    options: given.options,
    directTls: given.sslnegotiation === 'direct',
    channelBinding: given.channel_binding === 'require',
    primaryOnly: isPrimaryOnly(given.target_session_attrs ?? 'any'),
    connectTimeout: seconds > 0 ? Math.max(seconds, 2) * 1_000 : undefined,
    schema,
    bossSchema,
  }
}

const URL_PARTS =
  /^postgres(?:ql)?:\/\/(?:(?<userinfo>[^/?]*)@)?(?<hosts>[^/?]*)(?:\/(?<dbname>[^?]*))?(?:\?(?<query>.*))?$/s

function readUrl(url: string): Parameters {
  const { userinfo, hosts, dbname, query } = URL_PARTS.exec(url)?.groups ?? refuse()
  const given: Parameters = {}
  const set = (name: string, value: string | undefined) => {
    if (value) given[name] = decode(value)
  }
  const [, user, password] = /^([^:]*)(?::(.*))?$/s.exec(userinfo ?? '') ?? []
  set('user', user)
  set('password', password)
  set('dbname', dbname)
  const authority = (hosts ?? '').split(',').map(splitHost)
  set('host', authority.some(({ host }) => host) ? authority.map(({ host }) => host).join() : '')
  set('port', authority.some(({ port }) => port) ? authority.map(({ port }) => port).join() : '')
  for (const [name, value] of new URLSearchParams((query ?? '').replaceAll('+', '%2B'))) {
    if (value) given[name === 'database' ? 'dbname' : name] = value
  }
  // The parameter of JDBC and older clients.
  if (given.ssl === 'true' || given.ssl === '1') given.sslmode ??= 'require'
  return given
}

function refuse(): never {
  throw new DatabaseUrlError(
    'DATABASE_URL is not a PostgreSQL URL, as in postgres://user:password@host:5432/name.',
  )
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new DatabaseUrlError(
      'DATABASE_URL has a "%" that is not followed by two hexadecimal digits. Write a percent sign as %25.',
    )
  }
}

function splitHost(text: string): { host: string; port: string } {
  const [, host, port] = /^(\[[^\]]*\]|[^:[\]]*)(?::(\d*))?$/.exec(text) ?? refuse()
  return { host: host!.replace(/^\[|\]$/g, ''), port: port ?? '' }
}

function hostsOf({ host = 'localhost', port = '' }: Parameters): { host: string; port: number }[] {
  const hosts = host.split(',')
  const ports = port.split(',')
  if (ports.length > 1 && ports.length !== hosts.length) {
    throw new DatabaseUrlError(
      `DATABASE_URL has ${hosts.length} hosts and ${ports.length} ports. Give one port for all of them, or one for each.`,
    )
  }
  return hosts.map((one, index) => {
    const number = Number((ports.length > 1 ? ports[index] : ports[0]) || 5432)
    if (!Number.isInteger(number) || number < 1 || number > 65_535) refuse()
    return { host: one || 'localhost', port: number }
  })
}

/** Whether standbys are skipped. The service requires a server that accepts writes. */
function isPrimaryOnly(attributes: string): boolean {
  if (attributes === 'any') return false
  if (attributes === 'read-write' || attributes === 'primary') return true
  throw new DatabaseUrlError(
    `target_session_attrs is "${attributes}", but the service writes: use read-write, primary or any.`,
  )
}

/** Returns the schemas of the service and of pg-boss, which accepts names of up to 50 bytes. */
function schemasOf(schema: string): { schema: string; bossSchema: string } {
  if (!/^[a-z_][a-z0-9_]{0,42}$/.test(schema) || schema.startsWith('pg_')) {
    throw new DatabaseUrlError(
      `DATABASE_URL has schema=${schema}; a schema for the service has 1 to 43 lower-case letters, digits and underscores, and does not begin with a digit or pg_.`,
    )
  }
  return { schema, bossSchema: schema === 'public' ? 'pgboss' : `${schema}_pgboss` }
}
