import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { EncryptionKey } from '../storage/secret-encryption.ts'

const KEY_ID = 'local'
const KEY_BYTES = 32

/** Only for the user who runs the service. */
const PRIVATE = 0o600

/** A file in DATA_DIR does not hold what it should. The message says what to do. */
export class LocalFileError extends Error {
  override name = 'LocalFileError'
}

/** The encryption key of a service with its own database: made on the first start, read on every later one. */
export async function localEncryptionKey(dataDir: string): Promise<EncryptionKey> {
  const file = join(dataDir, 'encryption-key')
  const made = randomBytes(KEY_BYTES).toString('base64')
  await mkdir(dataDir, { recursive: true })
  await writeFile(file, `${made}\n`, { mode: PRIVATE, flag: 'wx' }).catch(unlessThere)
  const key = Buffer.from(await readFile(file, 'utf8'), 'base64')
  if (key.length !== KEY_BYTES) {
    throw new LocalFileError(
      `${file} does not hold an encryption key. Put the right one back: without it the stored signing secrets cannot be read.`,
    )
  }
  return { id: KEY_ID, key }
}

/** Keeps the API key of a local service where its user finds it again. */
export async function writeLocalApiKey(dataDir: string, key: string): Promise<string> {
  const file = join(dataDir, 'api-key')
  await writeFile(file, `${key}\n`, { mode: PRIVATE })
  return file
}

/** The API key of a local service, null when there is none. */
export async function readLocalApiKey(dataDir: string): Promise<string | null> {
  try {
    return (await readFile(join(dataDir, 'api-key'), 'utf8')).trim()
  } catch {
    return null
  }
}

function unlessThere(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error
}
