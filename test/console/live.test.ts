import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { publishTodos } from '../helpers/delivery-operations.ts'
import { activeDestination, publishTodo } from '../helpers/operations.ts'
import { startReceiver } from '../helpers/receiver.ts'
import { createWorld, type World } from '../helpers/world.ts'
import { startBrowser, visit } from './browser.ts'
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

const CUT_FOR = 10_000

const sign = (page: Page, words: string) =>
  page.getByRole('status', { name: 'Live updates' }).filter({ hasText: words }).waitFor()

const shownIds = (page: Page) =>
  page
    .locator('tr[data-attempt]')
    .evaluateAll((rows) => rows.map((row) => (row as HTMLElement).dataset.attempt!))

async function recordedIds(destinationId: string): Promise<string[]> {
  const rows = await world.app.ports.db.query<{ id: string }>(
    'select id from delivery_attempt where destination_id = $1 order by id desc',
    [destinationId],
  )
  return rows.map(({ id }) => id)
}

test('a connection that is cut for 10 s during 200 attempts loses no row and shows none twice', async () => {
  await using receiver = await startReceiver()
  await using line = await startLine(world.url)
  const { id } = await activeDestination(world.client, { url: receiver.url })
  await publishTodo(world.client)
  await using visited = await visit(browser, {
    ...world,
    url: line.url,
    path: `/destinations/${id}/deliveries`,
  })
  const { page } = visited
  await page.locator('tr[data-attempt]').waitFor()
  await sign(page, 'Live')

  await publishTodos(world.client, 50)
  line.cut()
  await publishTodos(world.client, 100)
  await sign(page, 'Reconnecting')
  await page.waitForTimeout(CUT_FOR)
  expect(await page.locator('tr[data-attempt]').count()).toBeLessThan(151)
  line.mend()
  await publishTodos(world.client, 50)
  await sign(page, 'Live')

  await receiver.request(201)
  await expect.poll(() => shownIds(page), { timeout: 10_000 }).toHaveLength(201)
  expect(await shownIds(page)).toEqual(await recordedIds(id))
}, 300_000)

test('a browser without a network says so, and goes on when it has one again', async () => {
  await using receiver = await startReceiver()
  const { id } = await activeDestination(world.client, { url: receiver.url })
  const path = `/destinations/${id}/deliveries`
  await using visited = await visit(browser, { ...world, path })
  const { page, context } = visited
  await sign(page, 'Live')
  await context.setOffline(true)
  await sign(page, 'Offline')
  await publishTodo(world.client)
  await receiver.request()
  await context.setOffline(false)
  await sign(page, 'Live')
  await page.locator('tr[data-attempt]').waitFor()
  expect(await shownIds(page)).toEqual(await recordedIds(id))
})
