import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { activeDestination, publishTodo } from '../helpers/operations.ts'
import { type Receiver, startReceiver } from '../helpers/receiver.ts'
import { makeKey } from './api-keys.ts'
import { visit } from './browser.ts'
import { type HostPage, startHostPage } from './host-page.ts'
import { shareConsole } from './share-console.ts'

let host: HostPage
let receiver: Receiver
let destination: string
const site = shareConsole(async () => {
  host = await startHostPage()
  return { allowedOrigins: [host.url] }
})

beforeAll(async () => {
  host.use(site.world.url)
  receiver = await startReceiver()
  destination = (await activeDestination(site.world.client, { url: receiver.url })).id
})
afterAll(async () => {
  await receiver.close()
  await host[Symbol.asyncDispose]()
})

/** Without animations, and with a theme that differs from that of the host page. */
const LOOK = { reducedMotion: 'reduce', colorScheme: 'dark' } as const

/** @param tokens returned by the host page one after the other; the last one is repeated */
async function openHost(tokens: string[] = [site.world.apiKey], path = '') {
  const visited = await visit(site.browser, { url: host.url, path: host.basePath + path }, LOOK)
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

/** Properties that depend on the available space, and custom properties, which have no effect of their own. */
const LEFT_OUT =
  '^(--.*|width|height|(inline|block)-size|(perspective|transform)-origin|grid-template-.*|top|bottom|left|right|inset-.*)$'

/** Returns the computed styles of the elements that match a selector, after all animations. */
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

test('the console and its host page do not change the styles of each other', async () => {
  await using own = await site.open('/', LOOK)
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

test('the addresses of the console are below the base path of the host page', async () => {
  await using hosted = await openHost([site.world.apiKey], '/events/todo_created')
  const { page, show } = hosted
  await show()
  await heading(page, 'Todo Created').waitFor()
  await page.getByRole('link', { name: 'Webhooks' }).click()
  await heading(page, 'Webhooks').waitFor()
  await expect.poll(() => page.url()).toBe(`${host.url}${host.basePath}/`)
  await page
    .getByRole('row', { name: /Receiver/ })
    .getByRole('link')
    .click()
  await heading(page, 'Receiver').waitFor()
  await expect
    .poll(() => page.url())
    .toBe(`${host.url}${host.basePath}/destinations/${destination}`)
  await page.goBack()
  await heading(page, 'Webhooks').waitFor()
  hosted.isFlawless()
})

test('an expired token is replaced by a fresh one and live updates continue', async () => {
  const [ended, first, second] = await Promise.all([1, 2, 3].map(() => makeKey(site.world)))
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
  await publishTodo(site.world.client)
  await rows.nth(shown).waitFor()
})

test('unmounting removes everything from the host page, also with an open dialog', async () => {
  await using hosted = await openHost()
  const { page, show, leave } = hosted
  // React adds a listener to the document once and never removes it.
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

/** Returns what a script can leave in a page: elements, attributes, styles, listeners and replaced functions. */
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
    // Ignores an empty attribute.
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
