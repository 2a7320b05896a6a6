import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { startEmbeddedPostgres } from '../../src/adapters/embedded-postgres.ts'
import { openCluster } from '../../src/adapters/postgres-cluster.ts'

/** A PostgreSQL of the test's own, with the durability that it has by default. */
export interface OwnServer {
  /** Of an empty database. */
  url: string
  /** Ends it as a power cut would, without a word, and starts it again on the same port. Returns when it takes connections. */
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
  const { binaries, folder, logFile } = await openCluster(dataDir)
  return {
    url: postgres.url,
    async crash() {
      const how = ['restart', '-w', '-s', '-m', 'immediate', '-l', logFile, '-D', folder]
      const { code, output } = await binaries.run('pg_ctl', how)
      if (code !== 0) throw new Error(`PostgreSQL did not start again: ${output}`)
    },
  }
}
