import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Receiver, startReceiver } from '../helpers/receiver.ts'
import { createWorld, type World } from '../helpers/world.ts'
import { axeFindings } from './axe.ts'
import { startBrowser, visit } from './browser.ts'
import { buildScenery, type Scenery } from './scenery.ts'
import { viewsOf } from './views.ts'

let browser: Browser
let world: World
let receivers: { good: Receiver; bad: Receiver }
let scenery: Scenery

beforeAll(async () => {
  browser = await startBrowser()
  world = await createWorld()
  receivers = { good: await startReceiver(), bad: await startReceiver() }
  scenery = await buildScenery(world, receivers)
})
afterAll(async () => {
  await browser.close()
  await world[Symbol.asyncDispose]()
  await receivers.good.close()
  await receivers.bad.close()
})

/** Every page is looked at in each of these. */
const LOOKS = [
  { colorScheme: 'light', size: { width: 1280, height: 800 } },
  { colorScheme: 'dark', size: { width: 1280, height: 800 } },
  { colorScheme: 'dark', size: { width: 360, height: 740 } },
] as const

test('axe-core finds nothing on any page, light and dark, wide and narrow', async () => {
  await using visited = await visit(
    browser,
    { ...world, path: '/api' },
    { bypassCSP: true, reducedMotion: 'reduce' },
  )
  const { page } = visited
  const findings: string[] = []
  for (const view of viewsOf(scenery)) {
    await page.goto(world.url + view.path)
    if (view.signedOut) await page.getByRole('button', { name: 'Sign out' }).click()
    await view.arrive(page)
    for (const { colorScheme, size } of LOOKS) {
      await page.emulateMedia({ colorScheme })
      await page.setViewportSize(size)
      const where = `${view.name}, ${colorScheme}, ${size.width} px`
      findings.push(...(await axeFindings(page)).map((finding) => `${where}: ${finding}`))
      if ((await overflow(page)) > 0) findings.push(`${where}: is wider than the screen`)
    }
  }
  expect(findings).toEqual([])
  visited.isFlawless()
}, 60_000)

/** How many pixels the page is wider than the screen. */
const overflow = (page: Page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
