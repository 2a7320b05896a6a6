import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { onTestFinished } from 'vitest'
import type { Logger } from '../../src/telemetry/logger.ts'

/** Returns a path that every user may reach, for a folder that is not there yet. */
export async function freshFolder(name = 'data'): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bigmind-machine-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  await chmod(folder, 0o755)
  return join(folder, name)
}

/** Runs one statement on a connection of its own. */
export async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 })
  client.on('error', () => {})
  try {
    await client.connect()
    return (await client.query(sql)).rows
  } finally {
    await client.end().catch(() => {})
  }
}

/** Collects the messages of warnings and errors. */
export function collectingLog() {
  const messages: string[] = []
  const keep = (_fields: object, message: string) => void messages.push(message)
  const log: Logger = { debug() {}, info() {}, warn: keep, error: keep }
  return { log, messages }
}
