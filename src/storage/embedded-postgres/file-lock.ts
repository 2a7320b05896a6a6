import { type FileHandle, open } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { tryLock } from 'fs-native-extensions'

/** Milliseconds between attempts to take a lock. */
const RETRY_MS = 25

/** Only for the user who runs the service. */
const PRIVATE = 0o600

/** Error codes of a file system, or of a mount of one, that has no locks. */
const WITHOUT_LOCKS = new Set(['ENOLCK', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP'])

/** The file system of the folder cannot lock files. */
export class NoFileLocksError extends Error {
  override name = 'NoFileLocksError'
}

/** Thrown when a lock is held elsewhere. */
export class LockedError extends Error {
  override name = 'LockedError'
  /** What the holder wrote into the file. */
  readonly holder: string
  constructor(file: string, holder: string) {
    super(`${file} is locked by ${holder}`)
    this.holder = holder
  }
}

/**
 * Locks a file, which is made where missing, and returns it open. The kernel holds the lock on the file itself, so that it
 * counts in every container that mounts the folder, and releases it as soon as the last process that has the handle or
 * inherited it ends, however that ends.
 * @param waitMs how long to wait while another process holds it
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

/** Replaces the content of a locked file by who holds the lock, for those who are refused. */
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
