import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createWorld, type World } from '../helpers/world.ts'
import { startBrowser, visit } from './browser.ts'

let browser: Browser
let world: World

beforeAll(async () => {
  browser = await startBrowser()
  world = await createWorld({ worker: false })
})
afterAll(async () => {
  await browser.close()
  await world[Symbol.asyncDispose]()
})

test('GraphiQL opens with the sign-in of the tab, which is in no address and not kept', async () => {
  await using visited = await visit(browser, { ...world, path: '/' })
  const { page, context } = visited
  await page.getByRole('button', { name: 'Show GraphQL' }).click()
  const opening = context.waitForEvent('page')
  await page.getByRole('link', { name: 'Open in GraphiQL: Destinations' }).click()
  const graphiql = await opening
  expect(graphiql.url()).toContain('query+Destinations')
  expect(graphiql.url()).not.toContain(world.apiKey)
  const answer = graphiql.waitForResponse(
    async (response) =>
      response.url().endsWith('/graphql') &&
      (await response.text()).startsWith('{"data":{"destinations"'),
  )
  await graphiql.getByRole('button', { name: /Execute/ }).click()
  expect(await (await answer).json()).toMatchObject({ data: { destinations: { totalCount: 0 } } })
  expect(await graphiql.evaluate(() => JSON.stringify(localStorage))).not.toContain(world.apiKey)
  visited.isFlawless()
})

test('the API page shows the operations of every page', async () => {
  await using visited = await visit(browser, { ...world, path: '/api' })
  const { page } = visited
  await page.locator('summary', { hasText: 'WatchDeliveries' }).click()
  const operation = page.getByRole('region', { name: 'WatchDeliveries' }).first()
  expect(await operation.textContent()).toContain('deliveryAttempted(destinationId: $destinationId')
  for (const name of ['Webhooks', 'Webhook', 'Recent deliveries', 'Event reference']) {
    await page.getByRole('heading', { name, exact: true }).waitFor()
  }
  visited.isFlawless()
})
