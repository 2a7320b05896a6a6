import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { activeDestination, publishTodo } from '../helpers/operations.ts'
import { type Receiver, startReceiver } from '../helpers/receiver.ts'
import { createWorld, type World } from '../helpers/world.ts'
import { makeKey } from './api-keys.ts'
import { startBrowser, visit } from './browser.ts'
import { type HostPage, startHostPage } from './host-page.ts'

let browser: Browser
let host: HostPage
let receiver: Receiver
let world: World
let destination: string

beforeAll(async () => {
  browser = await startBrowser()
  host = await startHostPage()
  world = await createWorld({ allowedOrigins: [host.url] })
  host.use(world.url)
  receiver = await startReceiver()
  destination = (await activeDestination(world.client, { url: receiver.url })).id
})
afterAll(async () => {
  await browser.close()
  await world[Symbol.asyncDispose]()
  await receiver.close()
  await host[Symbol.asyncDispose]()
})

/** So that nothing moves while it is compared, and the console differs from its host as much as it can. */
const LOOK = { reducedMotion: 'reduce', colorScheme: 'dark' } as const

/** @param tokens what the host page hands over, one after the other and the last again and again */
async function openHost(tokens: string[] = [world.apiKey], path = '') {
  const visited = await visit(browser, { url: host.url, path: host.basePath + path }, LOOK)
  const { page } = visited
  await page.exposeFunction('freshToken', () => (tokens.length > 1 ? tokens.shift() : tokens[0]))
  return {
    ...visited,
    show: () => page.evaluate('acme.show()'),
    leave: () => page.evaluate('acme.leave()'),
  }
}

const heading = (page: Page, name: string) => page.getByRole('heading', { level: 1, name })

const isLive = (page: Page) => page.getByText('Live', { exact: true }).waitFor()

const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click()

/** What depends on the room that there is; and names of the console's own, which say nothing unless they are used. */
const LEFT_OUT =
  '^(--.*|width|height|(inline|block)-size|(perspective|transform)-origin|grid-template-.*|top|bottom|left|right|inset-.*)$'

/** Every computed style of what a selector finds, when nothing moves any more. */
const looksOf = (page: Page, selector: string) =>
  page.evaluate(
    async ([selector, leftOut]) => {
      await Promise.all(document.getAnimations().map((one) => one.finished.catch(() => {})))
      return [...document.querySelectorAll(selector)].map((element) => {
        const style = getComputedStyle(element)
        const names = [...style].filter((name) => !new RegExp(leftOut).test(name))
        return [element.tagName, names.map((name) => `${name}: ${style.getPropertyValue(name)}`)]
      })
    },
    [selector, LEFT_OUT] as const,
  )

test('neither does the console restyle the page around it, nor the page the console', async () => {
  await using own = await visit(browser, world, LOOK)
  await using hosted = await openHost()
  const product = () => looksOf(hosted.page, 'html, body, #product, #product *')
  const before = await product()
  await hosted.show()
  for (const { page } of [own, hosted]) {
    await page.getByRole('row', { name: /Receiver/ }).waitFor()
    await isLive(page)
  }
  expect(await product()).toEqual(before)
  const pages = 'main, main :not(svg, svg *)'
  const dialog = '[role=dialog], [role=dialog] :not(svg, svg *)'
  expect(await looksOf(hosted.page, pages)).toEqual(await looksOf(own.page, pages))
  for (const { page } of [own, hosted]) {
    await press(page, 'Create destination')
    await page.locator('[role=dialog]').waitFor()
  }
  expect(await looksOf(hosted.page, dialog)).toEqual(await looksOf(own.page, dialog))
  expect(await hosted.page.title()).toBe('Acme')
  hosted.isFlawless()
})

test('its pages have addresses below the path of the page around it', async () => {
  await using hosted = await openHost([world.apiKey], '/events/todo_created')
  const { page, show } = hosted
  await show()
  await heading(page, 'Todo Created').waitFor()
  await page.getByRole('link', { name: 'Webhooks' }).click()
  await heading(page, 'Webhooks').waitFor()
  expect(page.url()).toBe(`${host.url}${host.basePath}/`)
  await page
    .getByRole('row', { name: /Receiver/ })
    .getByRole('link')
    .click()
  await heading(page, 'Receiver').waitFor()
  expect(page.url()).toBe(`${host.url}${host.basePath}/destinations/${destination}`)
  await page.goBack()
  await heading(page, 'Webhooks').waitFor()
  hosted.isFlawless()
})

test('a token that has ended is replaced by a fresh one, and what happens goes on showing', async () => {
  const [ended, first, second] = await Promise.all([1, 2, 3].map(() => makeKey(world)))
  await ended!.revoke()
  const tokens = [ended!.key, first!.key]
  await using hosted = await openHost(tokens, `/destinations/${destination}/deliveries`)
  const { page, show } = hosted
  await show()
  await isLive(page)
  tokens.splice(0, 1, second!.key)
  const reconnected = page.waitForEvent('websocket')
  await first!.revoke()
  await reconnected
  await isLive(page)
  const rows = page.locator('tr[data-attempt]')
  const shown = await rows.count()
  await publishTodo(world.client)
  await rows.nth(shown).waitFor()
})

test('nothing is left of it when the page shows something else, not even of an open dialog', async () => {
  await using hosted = await openHost()
  const { page, show, leave } = hosted
  // React begins to listen to changes of the selection once, and for good.
  await show()
  await leave()
  const before = await tracesOf(page)
  const opened = page.waitForEvent('websocket')
  await show()
  await isLive(page)
  const closed = (await opened).waitForEvent('close')
  await press(page, 'Create destination')
  await page.locator('[role=dialog]').waitFor()
  expect(await tracesOf(page)).not.toEqual(before)
  await leave()
  await closed
  expect(await tracesOf(page)).toEqual(before)
  hosted.isFlawless()
})

/** What a script can leave in a page: elements, attributes, styles, listeners, and what it has put in others' place. */
async function tracesOf(page: Page) {
  const devtools = await page.context().newCDPSession(page)
  const listenersOf = async (expression: string) => {
    const { result } = await devtools.send('Runtime.evaluate', { expression })
    const { listeners } = await devtools.send('DOMDebugger.getEventListeners', {
      objectId: result.objectId!,
    })
    return listeners.map(({ type }) => type).sort()
  }
  const html = await page.content()
  return {
    // An attribute that says nothing is no trace.
    html: html.replace(' style=""', ''),
    window: await listenersOf('window'),
    document: await listenersOf('document'),
    body: await listenersOf('document.body'),
    element: await listenersOf('document.getElementById("webhooks")'),
    places: await page.evaluate(
      "[history.pushState.toString(), history.scrollRestoration, '__webpack_nonce__' in globalThis]",
    ),
  }
}
