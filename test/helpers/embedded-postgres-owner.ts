import { startEmbeddedPostgres } from '../../src/storage/embedded-postgres/embedded-postgres.ts'

// A service in miniature: owns the database in the folder it is given, prints its address, and stops it on SIGTERM.
const postgres = await startEmbeddedPostgres({ dataDir: process.argv[2]! })
const alive = setInterval(() => {}, 60_000)
process.once('SIGTERM', async () => {
  clearInterval(alive)
  await postgres.stop()
})
console.log(postgres.url)
