import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import type { Scope } from '../../src/domain/api-key.ts'
import { inactiveDestination } from '../helpers/destination-operations.ts'
import { createWorld, type World } from '../helpers/world.ts'
import { makeKey } from './api-keys.ts'
import { startBrowser, visit } from './browser.ts'

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

async function signIn(page: Page, key: string) {
  await page.getByLabel('API key or token').fill(key)
  await page.keyboard.press('Enter')
}

const heading = (page: Page, name: string) => page.getByRole('heading', { level: 1, name })

test('a key that is pasted once opens the page that was asked for, and is in no address', async () => {
  const id = await inactiveDestination(world.client)
  const path = `/destinations/${id}`
  await using visited = await visit(browser, { url: world.url, path })
  const { page } = visited
  const addresses: string[] = []
  page.on('request', (request) => addresses.push(request.url()))
  await signIn(page, `Bearer ${world.apiKey} `)
  await page.getByText('Signing secret').waitFor()
  await page.reload()
  await page.getByText('Signing secret').waitFor()
  expect(page.url()).toBe(world.url + path)
  expect(addresses.join()).not.toContain(world.apiKey)
  visited.isFlawless()
})

test('a key that is not taken is refused in words, and kept nowhere', async () => {
  await using visited = await visit(browser, { url: world.url })
  const { page } = visited
  await signIn(page, 'bmk_wrong')
  await page.getByRole('alert').getByText('is not valid').waitFor()
  expect(await page.evaluate(() => JSON.stringify(Object.entries(sessionStorage)))).toBe('[]')
  await page.getByLabel('API key or token').fill('')
  await page.keyboard.press('Enter')
  await page.getByText('Enter an API key or token.').waitFor()
})

test('a key that is revoked while the page is open leads to the sign-in, and back to the page', async () => {
  const { key, revoke } = await makeKey(world)
  await using visited = await visit(browser, { url: world.url })
  const { page } = visited
  await signIn(page, key)
  await heading(page, 'Webhooks').waitFor()
  await page.getByRole('link', { name: 'Event reference' }).click()
  await page.getByRole('link', { name: 'Webhooks' }).first().click()
  await page.getByText('Live', { exact: true }).waitFor()
  await revoke()
  await page.getByText('Your session has ended').waitFor()
  await signIn(page, world.apiKey)
  await heading(page, 'Webhooks').waitFor()
})

test('what is not saved when a key is revoked is there again for the same organization, and for no other', async () => {
  const id = await inactiveDestination(world.client)
  const scopes: Scope[] = ['DESTINATIONS_READ', 'DESTINATIONS_WRITE']
  const own = await makeKey(world, scopes)
  const others = await makeKey({ client: await world.clientFor('Others') }, scopes)
  await using visited = await visit(browser, { url: world.url, path: `/destinations/${id}` })
  const { page } = visited
  const name = page.getByLabel('Name', { exact: true })
  await signIn(page, own.key)
  await name.fill('Not saved yet')
  await page.getByText('Live', { exact: true }).waitFor()
  await own.revoke()
  await page.getByText('Your unsaved changes are kept.').waitFor()
  const stored = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }))
  expect(stored).not.toContain('Not saved yet')

  await signIn(page, others.key)
  await page.getByText('Webhook not found').waitFor()
  await page.getByRole('link', { name: 'Go to Webhooks' }).click()
  await page.getByText('Live', { exact: true }).waitFor()
  await others.revoke()
  await page.getByText('Your session has ended').waitFor()
  await page.goBack()

  await signIn(page, world.apiKey)
  await page.getByText('You have unsaved changes.').waitFor()
  expect(await name.inputValue()).toBe('Not saved yet')
  await page.getByRole('button', { name: 'Save changes' }).click()
  await page.getByText('All changes saved.').waitFor()
  await heading(page, 'Not saved yet').waitFor()
})

test('who signs out leaves nothing behind for who signs in next', async () => {
  const path = `/destinations/${await inactiveDestination(world.client)}`
  await using visited = await visit(browser, { url: world.url, path })
  const { page } = visited
  const name = page.getByLabel('Name', { exact: true })
  await signIn(page, world.apiKey)
  await name.fill('Not saved yet')
  await page.getByRole('button', { name: 'Sign out' }).click()
  await signIn(page, world.apiKey)
  await page.getByText('All changes saved.').waitFor()
  expect(await name.inputValue()).toBe('Receiver')
})

test('on this machine it opens ready to use, until somebody signs out', async () => {
  const { apiKey, app } = world
  const api = await app.startApi({ host: '127.0.0.1', port: 0, localKey: apiKey })
  onTestFinished(() => api.close())
  await using visited = await visit(browser, { url: api.url })
  const { page } = visited
  await heading(page, 'Webhooks').waitFor()
  expect(await page.content()).not.toContain(apiKey)
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.reload()
  await heading(page, 'Sign in to Webhooks').waitFor()
  await page.getByRole('button', { name: 'Use this machine’s key' }).click()
  await heading(page, 'Webhooks').waitFor()
  await page.reload()
  await heading(page, 'Webhooks').waitFor()
  visited.isFlawless()
})
