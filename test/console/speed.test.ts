import { beforeAll, expect, test } from 'vitest'
import { createSignIn } from '../../src/server/pages/sign-in.ts'
import { extent, inTime } from '../faults/extent.ts'
import { inactiveDestination } from '../helpers/destination-operations.ts'
import { visit } from './browser.ts'
import { shareConsole } from './share-console.ts'

const site = shareConsole({ worker: false })

beforeAll(async () => {
  await inactiveDestination(site.world.client)
})

/** The limit of the compressed size of all scripts of the first page. */
const MOST_BYTES = 150_000

/** The limit of the milliseconds from the navigation until a row of the list can be clicked. */
const MOST_MS = 1_000

/** How often the page is opened. The quickest counts, because others may be busy on this machine. */
const LOOKS = extent({ short: 1, full: 5 })

test('the first page stays within its limits of size and time', async () => {
  const signIn = createSignIn(() => site.world.apiKey)
  const local = await site.world.app.startApi({ host: '127.0.0.1', port: 0, signIn })
  const times: number[] = []
  const sizes: number[] = []
  for (let look = 0; look < LOOKS; look += 1) {
    const { bytes, milliseconds } = await open(local.url, `/#sign-in=${signIn.issueCode()}`)
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

async function open(url: string, path: string): Promise<{ bytes: number; milliseconds: number }> {
  await using visited = await visit(site.browser, { url, path })
  const { page } = visited
  await page
    .getByRole('row', { name: /Receiver/ })
    .getByRole('link')
    .waitFor()
  // The click works, so the page is interactive.
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
