import { expect, test } from 'vitest'
import { shareConsole } from './share-console.ts'

const site = shareConsole({ worker: false })

test('GraphiQL uses the credential of the tab without putting it in an address or local storage', async () => {
  await using visited = await site.open('/')
  const { page, context } = visited
  await page.getByRole('button', { name: 'Show GraphQL' }).click()
  const opening = context.waitForEvent('page')
  await page.getByRole('link', { name: 'Open in GraphiQL: Destinations' }).click()
  const graphiql = await opening
  expect(graphiql.url()).toContain('query+Destinations')
  expect(graphiql.url()).not.toContain(site.world.apiKey)
  const answer = graphiql.waitForResponse(
    async (response) =>
      response.url().endsWith('/graphql') &&
      (await response.text()).startsWith('{"data":{"destinations"'),
  )
  await graphiql.getByRole('button', { name: /Execute/ }).click()
  expect(await (await answer).json()).toMatchObject({ data: { destinations: { totalCount: 0 } } })
  expect(await graphiql.evaluate(() => JSON.stringify(localStorage))).not.toContain(
    site.world.apiKey,
  )
  visited.isFlawless()
})

test('the API page shows the operations of every page', async () => {
  await using visited = await site.open('/api')
  const { page } = visited
  await page.locator('summary', { hasText: 'WatchDeliveries' }).click()
  const operation = page.getByRole('region', { name: 'WatchDeliveries' }).first()
  expect(await operation.textContent()).toContain('deliveryAttempted(destinationId: $destinationId')
  for (const name of ['Webhooks', 'Webhook', 'Recent deliveries', 'Event reference']) {
    await page.getByRole('heading', { name, exact: true }).waitFor()
  }
  visited.isFlawless()
})
