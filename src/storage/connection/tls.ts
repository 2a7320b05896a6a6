import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { ConnectionOptions } from 'node:tls'
import { parse } from 'pg-connection-string'
import { DatabaseUrlError, type Parameters, readable } from './url-error.ts'

const UNVERIFIED = { rejectUnauthorized: false }

/**
 * Returns the ways to connect for `sslmode` and related parameters as in libpq, in the order in which they are tried.
 * @see https://www.postgresql.org/docs/current/libpq-ssl.html
 */
export function tlsModes(given: Parameters): (false | ConnectionOptions)[] {
  const files = withDefaultFiles(given)
  const system = files.sslrootcert === 'system'
  const mode = given.sslmode ?? (system ? 'verify-full' : 'prefer')
  if (system && mode !== 'verify-full') {
    throw new DatabaseUrlError(
      `sslmode=${mode} is too weak for sslrootcert=system. Use sslmode=verify-full.`,
    )
  }
  const tls = (options: ConnectionOptions) => ({ ...tlsFiles(files), ...options })
  switch (mode) {
    case 'disable':
      return [false]
    case 'allow':
      return [false, tls(UNVERIFIED)]
    case 'prefer':
      return given.sslnegotiation === 'direct' ? [tls(UNVERIFIED)] : [tls(UNVERIFIED), false]
    case 'no-verify':
      return [tls(UNVERIFIED)]
    case 'require':
      return [files.sslrootcert ? verifyCa(tls) : tls(UNVERIFIED)]
    case 'verify-ca':
      if (!files.sslrootcert) {
        throw new DatabaseUrlError(
          'sslmode=verify-ca needs sslrootcert, the file with the certificate authority of the server. For a public one use sslmode=verify-full.',
        )
      }
      return [verifyCa(tls)]
    case 'verify-full':
      return [tls({ rejectUnauthorized: true })]
    default:
      throw new DatabaseUrlError(
        `sslmode is "${mode}"; it is disable, allow, prefer, require, verify-ca or verify-full.`,
      )
  }
}

const verifyCa = (tls: (options: ConnectionOptions) => ConnectionOptions) =>
  tls({ rejectUnauthorized: true, checkServerIdentity: () => undefined })

/** Adds the files below ~/.postgresql that libpq uses when they exist. */
function withDefaultFiles(given: Parameters): Parameters {
  const found: Parameters = { ...given }
  const defaults = { sslrootcert: 'root.crt', sslcert: 'postgresql.crt', sslkey: 'postgresql.key' }
  for (const [name, file] of Object.entries(defaults)) {
    const path = join(homedir(), '.postgresql', file)
    if (!found[name] && existsSync(path)) found[name] = path
  }
  return found
}

const MINIMUM_TLS = 'TLSv1.2'

function tlsFiles(files: Parameters): ConnectionOptions {
  const query = new URLSearchParams()
  for (const name of ['sslcert', 'sslkey', 'sslrootcert']) {
    const path = files[name]
    if (path && path !== 'system') query.set(name, path)
  }
  const { ssl_max_protocol_version: newest } = files
  return {
    ...(readable(() => parse(`postgres://base/?${query}`).ssl) as ConnectionOptions | undefined),
    ...(files.sslcrl && { crl: readable(() => readFileSync(files.sslcrl!)) }),
    ...(files.sslpassword && { passphrase: files.sslpassword }),
    minVersion: (files.ssl_min_protocol_version || MINIMUM_TLS) as 'TLSv1.2',
    ...(newest && { maxVersion: newest as 'TLSv1.3' }),
  }
}
