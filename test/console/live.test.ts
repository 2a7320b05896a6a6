import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { publishTodos } from '../helpers/delivery-operations.ts'
import { activeDestination, publishTodo } from '../helpers/operations.ts'
import { startReceiver } from '../helpers/receiver.ts'
import { visit } from './browser.ts'
import { startLine } from './cut-line.ts'
import { shareConsole } from './share-console.ts'

const site = shareConsole()

const CUT_FOR = 10_000

const sign = (page: Page, words: string) =>
  page.getByRole('status', { name: 'Live updates' }).filter({ hasText: words }).waitFor()

const shownIds = (page: Page) =>
  page
    .locator('tr[data-attempt]')
    .evaluateAll((rows) => rows.map((row) => (row as HTMLElement).dataset.attempt!))

async function recordedIds(destinationId: string): Promise<string[]> {
  const rows = await site.world.app.ports.db.query<{ id: string }>(
    'select id from delivery_attempt where destination_id = $1 order by id desc',
    [destinationId],
  )
  return rows.map(({ id }) => id)
}

test('a connection cut for 10 s during 200 attempts loses no row and duplicates none', async () => {
  await using receiver = await startReceiver()
  await using line = await startLine(site.world.url)
  const { id } = await activeDestination(site.world.client, { url: receiver.url })
  await publishTodo(site.world.client)
  await using visited = await visit(site.browser, {
    ...site.world,
    url: line.url,
    path: `/destinations/${id}/deliveries`,
  })
  const { page } = visited
  await page.locator('tr[data-attempt]').waitFor()
  await sign(page, 'Live')

  await publishTodos(site.world.client, 50)
  line.cut()
  await publishTodos(site.world.client, 100)
  await sign(page, 'Reconnecting')
  await page.waitForTimeout(CUT_FOR)
  expect(await page.locator('tr[data-attempt]').count()).toBeLessThan(151)
  line.restore()
  await publishTodos(site.world.client, 50)
  await sign(page, 'Live')

  await receiver.request(201)
  await expect.poll(() => shownIds(page), { timeout: 10_000 }).toHaveLength(201)
  expect(await shownIds(page)).toEqual(await recordedIds(id))
}, 300_000)

test('an offline browser shows that it is offline and resumes when it is online', async () => {
  await using receiver = await startReceiver()
  const { id } = await activeDestination(site.world.client, { url: receiver.url })
  const path = `/destinations/${id}/deliveries`
  await using visited = await site.open(path)
  const { page, context } = visited
  await sign(page, 'Live')
  await context.setOffline(true)
  await sign(page, 'Offline')
  await publishTodo(site.world.client)
  await receiver.request()
  await context.setOffline(false)
  await sign(page, 'Live')
  await page.locator('tr[data-attempt]').waitFor()
  expect(await shownIds(page)).toEqual(await recordedIds(id))
})
