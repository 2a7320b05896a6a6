import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { extent } from '../../faults/extent.ts'
import {
  processesOver,
  SOURCES,
  startProgram,
  startServiceProcess,
  temporaryDataDir,
} from '../../helpers/service-process.ts'

/** From before the program reads its configuration until after a first start on a quiet machine. */
const MOMENTS = extent({
  short: [300, 700, 1_200, 2_000],
  full: [200, 500, 700, 900, 1_200, 1_600, 2_000, 2_500],
})

/** Starts the service in a new folder, sends the signal after `moment` ms, and expects that no process is left. */
async function interrupt(moment: number, signal: 'SIGINT' | 'SIGTERM') {
  const dataDir = await temporaryDataDir()
  const service = startProgram(['main.ts'], { DATA_DIR: dataDir }, SOURCES)
  await pause(moment)
  // A terminal sends SIGINT to all its processes, including initdb and pg_ctl.
  if (signal === 'SIGINT') service.signalAll(signal)
  else service.signal(signal)
  const { code, stderr } = await service.ended
  expect(await processesOver(dataDir), `after ${moment} ms`).toEqual([])
  return { dataDir, code, stderr }
}

test.each([
  ['SIGTERM', MOMENTS.filter((_, index) => index % 2 === 0)],
  ['SIGINT', MOMENTS.filter((_, index) => index % 2 === 1)],
] as const)(
  '%s during the first start ends the service without an error and without processes left, and the next start succeeds',
  async (signal, moments) => {
    const ends = await inPairs(moments, (moment) => interrupt(moment, signal))
    for (const { code, stderr } of ends) {
      // Null: the signal arrived before the service handled signals, and before it started a process.
      expect([0, null]).toContain(code)
      expect(stderr).toBe('')
    }
    const { dataDir } = ends[1]!
    const again = await startServiceProcess({ DATA_DIR: dataDir }, 'all', SOURCES)
    expect(await processesOver(dataDir)).not.toEqual([])
    again.signal(signal)
    expect(await again.exit()).toBe(0)
    expect(await processesOver(dataDir)).toEqual([])
  },
  120_000,
)

async function inPairs<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
) {
  const results: Result[] = []
  for (let index = 0; index < items.length; index += 2) {
    results.push(...(await Promise.all(items.slice(index, index + 2).map(work))))
  }
  return results
}
