import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { startEmbeddedPostgres } from '../../src/storage/embedded-postgres/embedded-postgres.ts'
import { crashPostgres } from '../helpers/crash-postgres.ts'

/** A PostgreSQL of the test's own, with the durability that it has by default. */
export interface OwnServer {
  /** Of an empty database. */
  url: string
  /** Kills it. Returns when it was started again, on the same port, and accepts connections. */
  crash(): Promise<void>
}

/** Starts one. With the test end the server and its folder. */
export async function startOwnServer(): Promise<OwnServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'bigmind-faults-'))
  const postgres = await startEmbeddedPostgres({ dataDir })
  onTestFinished(async () => {
    await postgres.stop()
    await rm(dataDir, { recursive: true, force: true })
  })
  return { url: postgres.url, crash: () => crashPostgres(dataDir) }
}
