import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DeleteDestination } from '../helpers/destination-operations.ts'
import { activeDestination, publishTodo } from '../helpers/operations.ts'
import { startReceiver } from '../helpers/receiver.ts'
import { createWorld, type World } from '../helpers/world.ts'
import { startBrowser, type Tab, visit } from './browser.ts'
import { startLine } from './cut-line.ts'

let browser: Browser
let world: World

beforeAll(async () => {
  browser = await startBrowser()
  world = await createWorld()
})
afterAll(async () => {
  await browser.close()
  await world[Symbol.asyncDispose]()
})

const make = async (name: string, url = 'http://127.0.0.1:4001/never-sent') =>
  (await activeDestination(world.client, { url, name })).id

const isLive = (page: Page) =>
  page.getByRole('status', { name: 'Live updates' }).filter({ hasText: 'Live' }).waitFor()

/** Opens a page of its own, which is lost when it loads again. */
async function open(path: string, url = world.url): Promise<Tab> {
  const visited = await visit(browser, { ...world, url, path })
  await isLive(visited.page)
  await visited.page.evaluate(() => Object.assign(window, { neverReloaded: true }))
  return visited
}

const wasNeverReloaded = (page: Page) => page.evaluate(() => 'neverReloaded' in window)

const row = (page: Page, name: string) => page.getByRole('row', { name })
const gone = (page: Page) => page.getByRole('heading', { name: 'Webhook not found' })

test('what one deletes leaves the open pages of others at once', async () => {
  await using receiver = await startReceiver()
  const id = await make('Going', receiver.url)
  // Without an attempt the page would look again and again.
  await publishTodo(world.client)
  await make('Staying')
  await using own = await open('/')
  await using list = await open('/')
  await using detail = await open(`/destinations/${id}`)
  await using deliveries = await open(`/destinations/${id}/deliveries`)
  const others = [list, detail, deliveries]
  await row(list.page, 'Going').waitFor()
  await detail.page.getByRole('heading', { name: 'Going' }).waitFor()
  await deliveries.page.locator('tr[data-attempt]').waitFor()

  await own.page.getByRole('button', { name: 'Delete Going' }).click()
  await own.page.getByRole('button', { name: 'Delete', exact: true }).click()
  await own.page.getByText('“Going” deleted').first().waitFor()

  await row(list.page, 'Going').waitFor({ state: 'detached' })
  await Promise.all([gone(detail.page).waitFor(), gone(deliveries.page).waitFor()])
  for (const { page } of [own, list]) {
    expect(await row(page, 'Going').count()).toBe(0)
    expect(await row(page, 'Staying').count()).toBe(1)
  }
  for (const one of [own, ...others]) {
    expect(await wasNeverReloaded(one.page)).toBe(true)
    one.isFlawless()
  }
})

test('what is deleted while the live connection is broken is gone when it is there again', async () => {
  await using line = await startLine(world.url)
  const old = await make('Old and going')
  for (let count = 0; count < 25; count += 1) await make(`New ${count}`)
  const young = await make('Young and going')
  await using list = await open('/', line.url)
  await using detail = await open(`/destinations/${young}`, line.url)
  await using deliveries = await open(`/destinations/${young}/deliveries`, line.url)
  await list.page.getByRole('button', { name: /more/ }).click()
  await row(list.page, 'Old and going').waitFor()

  line.cut()
  for (const id of [old, young]) await world.client.request(DeleteDestination, { id })
  line.mend()

  for (const name of ['Old and going', 'Young and going']) {
    await row(list.page, name).waitFor({ state: 'detached' })
  }
  await Promise.all([gone(detail.page).waitFor(), gone(deliveries.page).waitFor()])
  for (const { page } of [list, detail, deliveries]) expect(await wasNeverReloaded(page)).toBe(true)
})
