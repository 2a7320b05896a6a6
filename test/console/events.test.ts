import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { activeDestination } from '../helpers/operations.ts'
import { startReceiver } from '../helpers/receiver.ts'
import { createWorld, type World } from '../helpers/world.ts'
import { startBrowser, visit } from './browser.ts'
import { EVENTS } from './examples.ts'

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

test('every event is explained, and its sample is published and delivered', async () => {
  await using receiver = await startReceiver()
  await activeDestination(world.client, { url: receiver.url, events: EVENTS })
  await using visited = await visit(browser, { ...world, path: '/events' })
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

test('a sample that does not fit is refused beside it, with the path of each fault', async () => {
  await using visited = await visit(browser, { ...world, path: '/events/todo_created' })
  const { page } = visited
  await page.getByRole('textbox').fill('{"todo_id": 5')
  await page.getByRole('button', { name: 'Publish sample' }).click()
  await page.getByRole('alert').filter({ hasText: 'Not valid JSON' }).waitFor()
  await page.getByRole('textbox').fill('{"todo_id": 5}')
  await page.getByRole('button', { name: 'Publish sample' }).click()
  await page.getByRole('alert').filter({ hasText: 'todo_id' }).waitFor()
  visited.isFlawless()
})
