import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { EncryptionKey } from '../storage/secret-encryption.ts'

const KEY_ID = 'local'
const KEY_BYTES = 32

/** Only the user of the service can read the file. */
const PRIVATE_MODE = 0o600

/** The content of a file in DATA_DIR cannot be used. The message says what to do. */
export class LocalFileError extends Error {
  override name = 'LocalFileError'
}

/** Reads the encryption key of a service with an embedded database; creates it on the first start. */
export async function localEncryptionKey(dataDir: string): Promise<EncryptionKey> {
  const file = join(dataDir, 'encryption-key')
  const created = randomBytes(KEY_BYTES).toString('base64')
  await mkdir(dataDir, { recursive: true })
  await writeFile(file, `${created}\n`, { mode: PRIVATE_MODE, flag: 'wx' }).catch(unlessItExists)
  const key = Buffer.from(await readFile(file, 'utf8'), 'base64')
  if (key.length !== KEY_BYTES) {
    throw new LocalFileError(
      `${file} does not contain an encryption key. Restore it: without it the stored signing secrets cannot be decrypted.`,
    )
  }
  return { id: KEY_ID, key }
}

/** Writes the API key of a local service to DATA_DIR. @returns the path of the file */
export async function writeLocalApiKey(dataDir: string, key: string): Promise<string> {
  const file = join(dataDir, 'api-key')
  await writeFile(file, `${key}\n`, { mode: PRIVATE_MODE })
  return file
}

/** Reads the API key of a local service. @returns null when there is none */
export async function readLocalApiKey(dataDir: string): Promise<string | null> {
  try {
    return (await readFile(join(dataDir, 'api-key'), 'utf8')).trim()
  } catch {
    return null
  }
}

function unlessItExists(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error
}
