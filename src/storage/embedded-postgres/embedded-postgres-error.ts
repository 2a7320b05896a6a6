import { statfs } from 'node:fs/promises'

/** The embedded PostgreSQL cannot run. The message says why, and what to do. */
export class EmbeddedPostgresError extends Error {
  override name = 'EmbeddedPostgresError'
}

/** The size of a WAL segment. PostgreSQL stops when the disk has no space for the next one. */
const SEGMENT_BYTES = 16 * 1024 * 1024

const FULL = /No space left on device|[Dd]isk quota exceeded|ENOSPC|EDQUOT/

/**
 * Returns an error that names the full disk when PostgreSQL could not run for lack of space in `folder`, else null. Also
 * checks the free space, because the log of PostgreSQL may be on the same disk and incomplete.
 */
export async function explainFullDisk(
  folder: string,
  said: string,
): Promise<EmbeddedPostgresError | null> {
  const room = await statfs(folder, { bigint: true }).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => null,
  )
  if (!FULL.test(said) && (room === null || room >= SEGMENT_BYTES)) return null
  const left = room === null ? '' : `: ${room / 1_048_576n} MB are left`
  return new EmbeddedPostgresError(
    `The disk of ${folder} is full${left}. PostgreSQL needs room there. What was committed is kept: make room, or ` +
      'move DATA_DIR to a larger disk.',
  )
}
