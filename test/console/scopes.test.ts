import type { Page } from 'playwright-core'
import { beforeAll, expect, test } from 'vitest'
import type { Scope } from '../../src/domain/api-key.ts'
import { latestAttempt } from '../helpers/deliveries.ts'
import { activeDestination } from '../helpers/operations.ts'
import { organizationKey } from '../helpers/organization-key.ts'
import { startReceiver } from '../helpers/receiver.ts'
import { visit } from './browser.ts'
import { publishExample } from './examples.ts'
import { shareConsole } from './share-console.ts'

let destination: string
let attempt: string
const site = shareConsole()

beforeAll(async () => {
  await using receiver = await startReceiver()
  const { client } = site.world
  destination = (await activeDestination(client, { url: receiver.url, name: 'Our CRM' })).id
  await publishExample(client, 'TODO_CREATED')
  attempt = await latestAttempt(client, destination)
})

/** Every page, and a text that shows that it is loaded. */
const pages = (): [path: string, loadedText: string][] => [
  ['/', 'Our CRM'],
  [`/destinations/${destination}`, 'Signing secret'],
  [`/destinations/${destination}/deliveries?attempt=${attempt}`, 'Timeline'],
  ['/events/todo_created', 'Publish a sample'],
  ['/api', 'Open GraphiQL'],
]

/** Opens every page with a key of these scopes. @returns all buttons and all text */
async function openAll(scopes: readonly Scope[], { reads = true } = {}) {
  const apiKey = await organizationKey(site.world.app, 'Acme', { name: 'few scopes', scopes })
  const buttons = new Set<string>()
  let text = ''
  await using visited = await visit(site.browser, { ...site.world, apiKey })
  const { page } = visited
  for (const [path, loadedText] of pages()) {
    await page.goto(site.world.url + path)
    if (reads) await page.getByText(loadedText).first().waitFor()
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

test('a key with every scope sees every control', async () => {
  const { buttons } = await openAll([
    'DESTINATIONS_READ',
    'DESTINATIONS_WRITE',
    'SECRETS_READ',
    'EVENTS_PUBLISH',
  ])
  for (const name of [...WRITES, 'Publish sample']) expect([...buttons]).toContain(name)
})

test('a key without DESTINATIONS_WRITE sees no controls for changes, and sees why', async () => {
  const { buttons, text } = await openAll(['DESTINATIONS_READ', 'SECRETS_READ'])
  for (const name of [...WRITES, 'Publish sample']) expect([...buttons]).not.toContain(name)
  expect([...buttons].filter((name) => /rotate/i.test(name))).toEqual([])
  expect(text).toContain('your key lacks the scope DESTINATIONS_WRITE')
  expect(text).toContain('Retrying requires the scope DESTINATIONS_WRITE')
  expect(text).toContain('EVENTS_PUBLISH')
})

test('a key without SECRETS_READ sees the masked secret, and sees why', async () => {
  const { buttons, text } = await openAll(['DESTINATIONS_READ', 'DESTINATIONS_WRITE'])
  expect([...buttons].filter((name) => /rotate|signing secret/i.test(name))).toEqual([])
  expect(text).toMatch(/wsec_.•{39}/)
  expect(text).toContain('SECRETS_READ')
})

test('a key without scopes sees which scope is missing, and no request is refused', async () => {
  const { text } = await openAll([], { reads: false })
  expect(text.match(/lacks the scope DESTINATIONS_READ/g)?.length).toBeGreaterThanOrEqual(3)
})
