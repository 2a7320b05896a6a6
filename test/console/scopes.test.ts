import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Scope } from '../../src/domain/api-key.ts'
import { latestAttempt } from '../helpers/deliveries.ts'
import { activeDestination } from '../helpers/operations.ts'
import { startReceiver } from '../helpers/receiver.ts'
import { createWorld, type World } from '../helpers/world.ts'
import { startBrowser, visit } from './browser.ts'
import { publishExample } from './examples.ts'

let browser: Browser
let world: World
let destination: string
let attempt: string

beforeAll(async () => {
  browser = await startBrowser()
  world = await createWorld()
  await using receiver = await startReceiver()
  const { client } = world
  destination = (await activeDestination(client, { url: receiver.url, name: 'Our CRM' })).id
  await publishExample(client, 'TODO_CREATED')
  attempt = await latestAttempt(client, destination)
})
afterAll(async () => {
  await browser.close()
  await world[Symbol.asyncDispose]()
})

/** What each page is known by, once it is there, for those who may read. */
const pages = (): [path: string, sign: string][] => [
  ['/', 'Our CRM'],
  [`/destinations/${destination}`, 'Signing secret'],
  [`/destinations/${destination}/deliveries?attempt=${attempt}`, 'Timeline'],
  ['/events/todo_created', 'Publish a sample'],
  ['/api', 'Open GraphiQL'],
]

/** Opens every page with a key of these scopes. @returns all buttons and all text that there were */
async function look(scopes: readonly Scope[], { reads = true } = {}) {
  const apiKey = await world.app.createApiKey('Acme', { name: 'few scopes', scopes })
  const buttons = new Set<string>()
  let text = ''
  await using visited = await visit(browser, { ...world, apiKey })
  const { page } = visited
  for (const [path, sign] of pages()) {
    await page.goto(world.url + path)
    if (reads) await page.getByText(sign).first().waitFor()
    await page.waitForLoadState('networkidle')
    for (const name of await buttonsOf(page)) buttons.add(name)
    text += await page.locator('body').innerText()
  }
  visited.isFlawless()
  return { buttons, text }
}

const buttonsOf = (page: Page) =>
  page
    .getByRole('button')
    .evaluateAll((all) => all.map((one) => one.getAttribute('aria-label') ?? one.textContent ?? ''))

const WRITES = [
  'Create destination',
  'Delete Our CRM',
  'Save changes',
  'Deactivate webhook',
  'Send test event',
  'Retry',
]

test('with every scope there is every control', async () => {
  const { buttons } = await look([
    'DESTINATIONS_READ',
    'DESTINATIONS_WRITE',
    'SECRETS_READ',
    'EVENTS_PUBLISH',
  ])
  for (const name of [...WRITES, 'Publish sample']) expect([...buttons]).toContain(name)
})

test('without DESTINATIONS_WRITE nothing can be changed, and it is said why', async () => {
  const { buttons, text } = await look(['DESTINATIONS_READ', 'SECRETS_READ'])
  for (const name of [...WRITES, 'Publish sample']) expect([...buttons]).not.toContain(name)
  expect([...buttons].filter((name) => /rotate/i.test(name))).toEqual([])
  expect(text).toContain('your key lacks the scope DESTINATIONS_WRITE')
  expect(text).toContain('Retrying requires the scope DESTINATIONS_WRITE')
  expect(text).toContain('EVENTS_PUBLISH')
})

test('without SECRETS_READ the secret stays masked, and it is said why', async () => {
  const { buttons, text } = await look(['DESTINATIONS_READ', 'DESTINATIONS_WRITE'])
  expect([...buttons].filter((name) => /rotate|signing secret/i.test(name))).toEqual([])
  expect(text).toMatch(/wsec_.•{39}/)
  expect(text).toContain('SECRETS_READ')
})

test('without any scope the pages say what is missing, and ask for nothing', async () => {
  const { text } = await look([], { reads: false })
  expect(text.match(/lacks the scope DESTINATIONS_READ/g)?.length).toBeGreaterThanOrEqual(3)
})
