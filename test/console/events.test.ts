import { expect, test } from 'vitest'
import { activeDestination } from '../helpers/operations.ts'
import { startReceiver } from '../helpers/receiver.ts'
import { EVENTS } from './examples.ts'
import { shareConsole } from './share-console.ts'

const site = shareConsole()

test('every event has a page whose sample is published and delivered', async () => {
  await using receiver = await startReceiver()
  await activeDestination(site.world.client, { url: receiver.url, events: EVENTS })
  await using visited = await site.open('/events')
  const { page } = visited
  const links = page.locator('main li').getByRole('link')
  await links.first().waitFor()
  expect(await links.count()).toBe(EVENTS.length)
  for (let place = 0; place < EVENTS.length; place += 1) {
    await links.nth(place).click()
    await page.getByRole('heading', { name: 'Example payload' }).waitFor()
    expect(await page.getByRole('region', { name: 'Data' }).locator('li').count()).toBeGreaterThan(
      2,
    )
    await page.getByRole('button', { name: 'Publish sample' }).click()
    await page.getByText('Published to 1 webhook.').waitFor()
    await page.getByRole('navigation', { name: 'Breadcrumb' }).getByRole('link').click()
  }
  await receiver.request(EVENTS.length)
  const received = receiver.requests.map(({ body }) => JSON.parse(body).event.toUpperCase())
  expect(received.toSorted()).toEqual(EVENTS.toSorted())
  visited.isFlawless()
})

test('an invalid sample is refused with the path of each error', async () => {
  await using visited = await site.open('/events/todo_created')
  const { page } = visited
  await page.getByRole('textbox').fill('{"todo_id": 5')
  await page.getByRole('button', { name: 'Publish sample' }).click()
  await page.getByRole('alert').filter({ hasText: 'Not valid JSON' }).waitFor()
  await page.getByRole('textbox').fill('{"todo_id": 5}')
  await page.getByRole('button', { name: 'Publish sample' }).click()
  await page.getByRole('alert').filter({ hasText: 'todo_id' }).waitFor()
  visited.isFlawless()
})
