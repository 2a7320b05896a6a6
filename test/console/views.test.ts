import { readFile } from 'node:fs/promises'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createWorld, type World } from '../helpers/world.ts'
import { axeFindings } from './axe.ts'
import { openTab, startBrowser, type Tab } from './browser.ts'
import { hasPackagedChromium, packagedChromium } from './chromium.ts'
import { acceptedPictures, comparePicture } from './pictures.ts'
import { buildScenery, type Scenery, STILL } from './scenery.ts'
import { NOW } from './scenery-rows.ts'
import { openView, VIEWS, type View } from './views.ts'

/** Every view is opened in each of these: both widths and both themes, in half as many visits as combinations. */
const LOOKS = [
  { colorScheme: 'light', viewport: { width: 1280, height: 800 }, hasTouch: false },
  { colorScheme: 'dark', viewport: { width: 390, height: 844 }, hasTouch: true },
] as const

type Look = (typeof LOOKS)[number]

const nameOf = ({ name }: View, { colorScheme, viewport }: Look) =>
  `${name}-${viewport.width}-${colorScheme}`

const NAMES = VIEWS.flatMap((view) => LOOKS.map((look) => nameOf(view, look)))

/** The address that the pages show: the port of the service is another one in each run. */
const URL_SHOWN = 'http://webhooks.example.com'

let browser: Browser
let world: World
let keys: Scenery
const tabs = new Map<Look, Tab>()

beforeAll(async () => {
  world = await createWorld({ worker: false, clock: STILL })
  keys = await buildScenery(world)
  browser = await startBrowser({
    // Whatever CHROMIUM says: other programs and fonts draw other pictures.
    ...(hasPackagedChromium && { program: await packagedChromium() }),
    args: [
      `--host-resolver-rules=MAP ${new URL(URL_SHOWN).host} ${new URL(world.url).host}`,
      `--unsafely-treat-insecure-origin-as-secure=${URL_SHOWN}`,
      '--disable-gpu',
      '--disable-lcd-text',
      '--font-render-hinting=none',
    ],
  })
  for (const look of LOOKS) {
    const tab = await openTab(browser, look)
    await tab.page.clock.setFixedTime(NOW)
    await tab.page.addInitScript(removeAnimations)
    tabs.set(look, tab)
  }
})
afterAll(async () => {
  await browser.close()
  await world[Symbol.asyncDispose]()
})

test.each(VIEWS)('$name looks like its pictures, and axe-core finds nothing', async (view) => {
  const faults = await Promise.all(LOOKS.map((look) => faultsOf(view, look)))
  expect(faults.flat()).toEqual([])
})

/** An animation that begins while the picture is taken would be shown at its first frame. */
function removeAnimations(): void {
  const sheet = new CSSStyleSheet()
  sheet.replaceSync('*, *::before, *::after { animation: none !important }')
  document.adoptedStyleSheets.push(sheet)
}

async function faultsOf(view: View, look: Look): Promise<string[]> {
  const tab = tabs.get(look)!
  const { page } = tab
  await openView(tab, { url: URL_SHOWN, keys, view })
  const name = nameOf(view, look)
  const difference = hasPackagedChromium ? await comparePicture(name, await take(page, view)) : null
  const wider = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  )
  if (!view.refused) tab.isFlawless()
  return [
    ...(difference === null ? [] : [difference]),
    ...(wider > 0 ? [`${name} is ${wider} px wider than the screen`] : []),
    ...(await axeFindings(page)).map((finding) => `${name}: ${finding}`),
  ]
}

/** Takes the picture with the pointer in the corner: where it clicked, a row would show that it is pointed at. */
async function take(page: Page, { top }: View): Promise<Buffer> {
  await page.mouse.move(0, 0)
  return page.screenshot({
    fullPage: !top,
    animations: 'disabled',
    caret: 'hide',
    scale: 'css',
  })
}

test.skipIf(!hasPackagedChromium)('every accepted picture is of a view', async () => {
  expect((await acceptedPictures(NAMES)).sort()).toEqual([...NAMES].sort())
})

test('every picture in the README is compared with its view', async () => {
  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8')
  const shown = [...readme.matchAll(/!\[[^\]]*\]\(([^)]+)\)/g)].map(([, path]) => path)
  expect(shown.length).toBeGreaterThan(0)
  const compared = NAMES.map((name) => `test/console/pictures/${name}.png`)
  expect(shown.filter((path) => !compared.includes(path!))).toEqual([])
})
