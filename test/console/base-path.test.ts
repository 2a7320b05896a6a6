import { beforeAll, expect, test } from 'vitest'
import { inactiveDestination } from '../helpers/destination-operations.ts'
import { visit } from './browser.ts'
import { type PathProxy, startPathProxy } from './path-proxy.ts'
import { shareConsole } from './share-console.ts'

const BASE_PATH = '/product/webhooks'

let destination: string
const site = shareConsole({ worker: false, basePath: BASE_PATH })

beforeAll(async () => {
  destination = await inactiveDestination(site.world.client)
})

/** Opens a page of the service through a proxy, signed in. */
async function open(proxy: PathProxy, path: string) {
  proxy.use(site.world.url)
  return visit(site.browser, { url: proxy.url, apiKey: site.world.apiKey, path: BASE_PATH + path })
}

const PROXIES = [
  { name: 'removes the base path', strips: true },
  { name: 'keeps the base path', strips: false },
]

test.each(PROXIES)('the console works behind a proxy that $name', async ({ strips }) => {
  await using proxy = await startPathProxy(BASE_PATH, strips)
  const live = { name: 'Live', exact: true }
  for (const path of ['', '/', '/events/todo_created', `/destinations/${destination}`]) {
    await using visited = await open(proxy, path)
    const { page } = visited
    await page.getByRole('heading', { level: 1 }).waitFor()
    await page.getByRole('link', { name: 'Webhooks' }).first().click()
    await page.getByRole('row', { name: /Receiver/ }).waitFor()
    await page.getByText(live.name, live).waitFor()
    await expect.poll(() => page.url()).toBe(`${proxy.url}${BASE_PATH}/`)
    await page
      .getByRole('row', { name: /Receiver/ })
      .getByRole('link')
      .click()
    await page.getByText('Signing secret').waitFor()
    await expect.poll(() => page.url()).toBe(`${proxy.url}${BASE_PATH}/destinations/${destination}`)
    visited.isFlawless()
  }
})

test.each(PROXIES)('GraphiQL works behind a proxy that $name', async ({ strips }) => {
  await using proxy = await startPathProxy(BASE_PATH, strips)
  await using visited = await open(proxy, '/')
  const { page, context } = visited
  await page.getByRole('button', { name: 'Show GraphQL' }).click()
  const opening = context.waitForEvent('page')
  await page.getByRole('link', { name: 'Open in GraphiQL: Destinations' }).click()
  const graphiql = await opening
  expect(graphiql.url()).toContain(`${proxy.url}${BASE_PATH}/graphql?`)
  const answer = graphiql.waitForResponse(
    async (response) =>
      response.url() === `${proxy.url}${BASE_PATH}/graphql` &&
      (await response.text()).startsWith('{"data":{"destinations"'),
  )
  await graphiql.getByRole('button', { name: /Execute/ }).click()
  expect(await (await answer).json()).toMatchObject({ data: { destinations: { totalCount: 1 } } })
  visited.isFlawless()
})

test('the API and the health checks respond with and without the base path; other paths return 404', async () => {
  const statusOf = async (path: string) => (await fetch(site.world.url + path)).status
  for (const root of ['', BASE_PATH]) expect(await statusOf(`${root}/health/live`)).toBe(200)
  expect(await statusOf(`${BASE_PATH}s/health/live`)).toBe(404)
  const missing = await fetch(`${site.world.url}${BASE_PATH}/nothing`)
  expect(missing.status).toBe(404)
  expect(await missing.text()).toContain(`The API is at ${BASE_PATH}/graphql.`)
})
