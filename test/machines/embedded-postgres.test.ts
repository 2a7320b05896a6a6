import { readdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { startEmbeddedPostgres } from '../../src/storage/embedded-postgres/embedded-postgres.ts'
import type { Logger } from '../../src/telemetry/logger.ts'
import { killPostgres } from '../helpers/crash-postgres.ts'
import { collectingLog, freshFolder, query } from '../helpers/embedded-database.ts'

async function start(dataDir: string, log?: Logger) {
  const postgres = await startEmbeddedPostgres({ dataDir, ...(log && { log }) })
  onTestFinished(() => postgres.stop())
  return postgres
}

test('a PostgreSQL that was killed is started again on the same address with what was committed', async () => {
  const dataDir = await freshFolder()
  const { log, messages } = collectingLog()
  const { url } = await start(dataDir, log)
  await query(url, 'create table kept as select 1 as one')
  for (let round = 0; round < 2; round += 1) {
    messages.length = 0
    await killPostgres(dataDir)
    await vi.waitFor(
      () => expect(messages).toContain('the embedded PostgreSQL accepts connections again'),
      {
        timeout: 120_000,
      },
    )
    expect(await query(url, 'select * from kept')).toEqual([{ one: 1 }])
  }
})

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

test('stopping while PostgreSQL is being started again leaves none behind', async () => {
  const dataDir = await freshFolder()
  const postgres = await start(dataDir)
  const pid = await killPostgres(dataDir)
  await expect.poll(() => isAlive(pid)).toBe(false)
  await postgres.stop()
  await expect(query(postgres.url, 'select 1')).rejects.toThrow('ECONNREFUSED')
  const again = await start(dataDir)
  expect(await query(again.url, 'select 1 as one')).toEqual([{ one: 1 }])
})

test.each([
  'with $HOME and `id`',
  'with "quotes" and \'quotes\'',
  'with a \\ backslash; and & more',
])('the folder may be called: %s', async (name) => {
  const dataDir = await freshFolder(name)
  const { url } = await start(dataDir)
  expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }])
  expect(await readdir(dirname(dataDir))).toEqual([name])
  expect(await readdir(dataDir)).toContain('postgres')
})
