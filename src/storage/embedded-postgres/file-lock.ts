import { type FileHandle, open } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { tryLock } from 'fs-native-extensions'

/** Milliseconds between attempts to take a lock. */
const RETRY_MS = 25

/** Mode: only the user of the service can read and write. */
const PRIVATE = 0o600

/** Error codes of a file system, or of a mount, without locks. */
const WITHOUT_LOCKS = new Set(['ENOLCK', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP'])

/** The file system does not support locks. */
export class NoFileLocksError extends Error {
  override name = 'NoFileLocksError'
}

/** Another process holds the lock. */
export class LockedError extends Error {
  override name = 'LockedError'
  /** The text that the holder wrote into the file. */
  readonly holder: string
  constructor(file: string, holder: string) {
    super(`${file} is locked by ${holder}`)
    this.holder = holder
  }
}

/**
 * Locks a file, creates it if necessary, and returns its handle. The kernel locks the file itself, so the lock is effective in
 * every container that mounts the folder. It is released when the last process with the handle ends.
 * @param waitMs milliseconds to wait while another process holds the lock
 * @throws LockedError, NoFileLocksError, or the error of the file system
 */
export async function lockFile(file: string, waitMs: number): Promise<FileHandle> {
  const handle = await open(file, 'a+', PRIVATE)
  try {
    const end = performance.now() + waitMs
    while (!lock(handle, file)) {
      if (performance.now() >= end) throw new LockedError(file, await contentOf(handle))
      await pause(RETRY_MS)
    }
    return handle
  } catch (error) {
    await handle.close()
    throw error
  }
}

/** Writes the holder of the lock into the file, for the messages of other processes. */
export async function writeHolder(handle: FileHandle, holder: string): Promise<void> {
  await handle.truncate(0)
  await handle.write(`${holder}\n`)
}

function lock(handle: FileHandle, file: string): boolean {
  try {
    return tryLock(handle.fd)
  } catch (error) {
    if (!WITHOUT_LOCKS.has((error as NodeJS.ErrnoException).code ?? '')) throw error
    throw new NoFileLocksError(`The file system of ${file} has no file locks`, { cause: error })
  }
}

async function contentOf(handle: FileHandle): Promise<string> {
  const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(500), position: 0 })
  return buffer.toString('utf8', 0, bytesRead).trim() || 'another process'
}
