import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { DeleteDestination } from '../helpers/destination-operations.ts'
import { activeDestination, publishTodo } from '../helpers/operations.ts'
import { startReceiver } from '../helpers/receiver.ts'
import { type Tab, visit } from './browser.ts'
import { startLine } from './cut-line.ts'
import { shareConsole } from './share-console.ts'

const site = shareConsole()

const make = async (name: string, url = 'http://127.0.0.1:4001/never-sent') =>
  (await activeDestination(site.world.client, { url, name })).id

const isLive = (page: Page) =>
  page.getByRole('status', { name: 'Live updates' }).filter({ hasText: 'Live' }).waitFor()

/** Opens a page and marks it. The mark is lost when the page reloads. */
async function open(path: string, url = site.world.url): Promise<Tab> {
  const visited = await visit(site.browser, { ...site.world, url, path })
  await isLive(visited.page)
  await visited.page.evaluate(() => Object.assign(window, { neverReloaded: true }))
  return visited
}

const wasNeverReloaded = (page: Page) => page.evaluate(() => 'neverReloaded' in window)

const row = (page: Page, name: string) => page.getByRole('row', { name })
const gone = (page: Page) => page.getByRole('heading', { name: 'Webhook not found' })

test('a deleted destination disappears from all open pages at once', async () => {
  await using receiver = await startReceiver()
  const id = await make('Going', receiver.url)
  // A page without attempts polls.
  await publishTodo(site.world.client)
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

test('a destination deleted during a broken connection disappears after the reconnection', async () => {
  await using line = await startLine(site.world.url)
  const old = await make('Old and going')
  for (let count = 0; count < 25; count += 1) await make(`New ${count}`)
  const young = await make('Young and going')
  await using list = await open('/', line.url)
  await using detail = await open(`/destinations/${young}`, line.url)
  await using deliveries = await open(`/destinations/${young}/deliveries`, line.url)
  await list.page.getByRole('button', { name: /more/ }).click()
  await row(list.page, 'Old and going').waitFor()

  line.cut()
  for (const id of [old, young]) await site.world.client.request(DeleteDestination, { id })
  line.restore()

  for (const name of ['Old and going', 'Young and going']) {
    await row(list.page, name).waitFor({ state: 'detached' })
  }
  await Promise.all([gone(detail.page).waitFor(), gone(deliveries.page).waitFor()])
  for (const { page } of [list, detail, deliveries]) expect(await wasNeverReloaded(page)).toBe(true)
})
