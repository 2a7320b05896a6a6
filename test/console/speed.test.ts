import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { inactiveDestination } from '../helpers/destination-operations.ts'
import { createWorld, type World } from '../helpers/world.ts'
import { startBrowser, visit } from './browser.ts'
import { extent, inTime } from '../faults/extent.ts'

let browser: Browser
let world: World

beforeAll(async () => {
  browser = await startBrowser()
  world = await createWorld({ worker: false })
  await inactiveDestination(world.client)
})
afterAll(async () => {
  await browser.close()
  await world[Symbol.asyncDispose]()
})

/** Compressed, of all scripts that the first page loads. */
const MOST_BYTES = 150_000

/** Milliseconds from the address being entered until a row of the list can be pressed. */
const MOST_MS = 1_000

/** How often the page is opened. The quickest counts, because others may be busy on this machine. */
const LOOKS = extent({ short: 1, full: 5 })

test('the first page opens ready to use on a local start: small and soon', async () => {
  const local = await world.app.startApi({ host: '127.0.0.1', port: 0, localKey: world.apiKey })
  const times: number[] = []
  const sizes: number[] = []
  for (let look = 0; look < LOOKS; look += 1) {
    const { bytes, milliseconds } = await open(local.url)
    sizes.push(bytes)
    times.push(milliseconds)
  }
  await local.close()
  const size = Math.max(...sizes)
  const time = Math.min(...times)
  console.log(
    `First page: ${(size / 1000).toFixed(1)} kB of compressed script; its list can be used after ${times.map(Math.round).join(', ')} ms.`,
  )
  expect(size).toBeLessThan(MOST_BYTES)
  expect(time).toBeLessThan(inTime(MOST_MS))
})

async function open(url: string): Promise<{ bytes: number; milliseconds: number }> {
  await using visited = await visit(browser, { url })
  const { page } = visited
  await page
    .getByRole('row', { name: /Receiver/ })
    .getByRole('link')
    .waitFor()
  // Pressing it leads there: it is not only painted.
  const milliseconds = await page.evaluate(() => performance.now())
  await page.waitForLoadState('networkidle')
  const bytes = await page.evaluate(() =>
    (performance.getEntriesByType('resource') as PerformanceResourceTiming[])
      .filter(({ name }) => name.endsWith('.js'))
      .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0),
  )
  await page
    .getByRole('row', { name: /Receiver/ })
    .getByRole('link')
    .click()
  await page.waitForURL('**/destinations/**')
  visited.isFlawless()
  return { bytes, milliseconds }
}
