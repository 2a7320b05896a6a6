import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { startEmbeddedPostgres } from '../../src/storage/embedded-postgres/embedded-postgres.ts'

// Waits for the end of the test run, which holds the other end of stdin, however it ends: Ctrl-C and kill -9 leave the
// run itself no time to clean up. Then it takes the server over as a next start would, stops it and removes its folder.
const dataDir = process.argv[2]!
const lastWord = await text(process.stdin)
if (lastWord !== 'keep' && existsSync(dataDir)) {
  const postgres = await startEmbeddedPostgres({ dataDir })
  await postgres.stop()
  await rm(dataDir, { recursive: true, force: true })
}
