import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { DatabaseUrlError, type Env, type Parameters, readable } from './url-error.ts'

/** Reads a section of the connection service file, which is found as in libpq. */
export function readService(service: string, env: Env): Parameters {
  const files = [
    env.PGSERVICEFILE || join(env.HOME || homedir(), '.pg_service.conf'),
    ...(env.PGSYSCONFDIR ? [join(env.PGSYSCONFDIR, 'pg_service.conf')] : []),
  ]
  for (const file of files) {
    if (!existsSync(file)) continue
    const section = sectionOf(
      readable(() => readFileSync(file, 'utf8')),
      service,
    )
    if (section) return section
  }
  throw new DatabaseUrlError(
    `The service "${service}" is not in ${files.join(' or ')}. Add it there, or set PGSERVICEFILE.`,
  )
}

function sectionOf(text: string, service: string): Parameters | null {
  let section: Parameters | null = null
  for (const line of text.split(/\r?\n/).map((one) => one.trim())) {
    if (line === '' || line.startsWith('#')) continue
    const heading = /^\[(.*)\]$/.exec(line)?.[1]
    if (heading !== undefined) {
      if (section) break
      if (heading === service) section = {}
      continue
    }
    const [, name, value] = /^([^=]+?)\s*=\s*(.*)$/.exec(line) ?? []
    if (section && name && value) section[name] = value
  }
  return section
}
