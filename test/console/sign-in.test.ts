import type { Page } from 'playwright-core'
import { expect, onTestFinished, test } from 'vitest'
import type { Scope } from '../../src/domain/api-key.ts'
import { createSignIn } from '../../src/server/pages/sign-in.ts'
import { inactiveDestination } from '../helpers/destination-operations.ts'
import { makeKey } from './api-keys.ts'
import { visit } from './browser.ts'
import { shareConsole } from './share-console.ts'

const site = shareConsole()

async function signIn(page: Page, key: string) {
  await page.getByLabel('API key or token').fill(key)
  await page.keyboard.press('Enter')
}

const heading = (page: Page, name: string) => page.getByRole('heading', { level: 1, name })

test('signing in opens the requested page, and the key is in no address', async () => {
  const id = await inactiveDestination(site.world.client)
  const path = `/destinations/${id}`
  await using visited = await visit(site.browser, { url: site.world.url, path })
  const { page } = visited
  const addresses: string[] = []
  page.on('request', (request) => addresses.push(request.url()))
  await signIn(page, `Bearer ${site.world.apiKey} `)
  await page.getByText('Signing secret').waitFor()
  await page.reload()
  await page.getByText('Signing secret').waitFor()
  await expect.poll(() => page.url()).toBe(site.world.url + path)
  expect(addresses.join()).not.toContain(site.world.apiKey)
  visited.isFlawless()
})

test('an invalid key is refused with a message and not stored', async () => {
  await using visited = await visit(site.browser, { url: site.world.url })
  const { page } = visited
  await signIn(page, 'bmk_wrong')
  await page.getByRole('alert').getByText('is not valid').waitFor()
  expect(await page.evaluate(() => JSON.stringify(Object.entries(sessionStorage)))).toBe('[]')
  await page.getByLabel('API key or token').fill('')
  await page.keyboard.press('Enter')
  await page.getByText('Enter an API key or token.').waitFor()
})

test('a revoked key leads to the sign-in, and signing in leads back to the page', async () => {
  const { key, revoke } = await makeKey(site.world)
  await using visited = await visit(site.browser, { url: site.world.url })
  const { page } = visited
  await signIn(page, key)
  await heading(page, 'Webhooks').waitFor()
  await page.getByRole('link', { name: 'Event reference' }).click()
  await page.getByRole('link', { name: 'Webhooks' }).first().click()
  await page.getByText('Live', { exact: true }).waitFor()
  await revoke()
  await page.getByText('Your session has ended').waitFor()
  await signIn(page, site.world.apiKey)
  await heading(page, 'Webhooks').waitFor()
})

test('unsaved edits survive a revoked key for the same organization and for no other', async () => {
  const id = await inactiveDestination(site.world.client)
  const scopes: Scope[] = ['DESTINATIONS_READ', 'DESTINATIONS_WRITE']
  const own = await makeKey(site.world, scopes)
  const others = await makeKey({ client: await site.world.clientFor('Others') }, scopes)
  await using visited = await visit(site.browser, {
    url: site.world.url,
    path: `/destinations/${id}`,
  })
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

  await signIn(page, site.world.apiKey)
  await page.getByText('You have unsaved changes.').waitFor()
  expect(await name.inputValue()).toBe('Not saved yet')
  await page.getByRole('button', { name: 'Save changes' }).click()
  await page.getByText('All changes saved.').waitFor()
  await heading(page, 'Not saved yet').waitFor()
})

test('signing out drops unsaved edits', async () => {
  const path = `/destinations/${await inactiveDestination(site.world.client)}`
  await using visited = await visit(site.browser, { url: site.world.url, path })
  const { page } = visited
  const name = page.getByLabel('Name', { exact: true })
  await signIn(page, site.world.apiKey)
  await name.fill('Not saved yet')
  await page.getByRole('button', { name: 'Sign out' }).click()
  await signIn(page, site.world.apiKey)
  await page.getByText('All changes saved.').waitFor()
  expect(await name.inputValue()).toBe('Receiver')
})

test('a link of the service signs in once, and its code is in no address', async () => {
  const { apiKey, app } = site.world
  const signIn = createSignIn(() => apiKey)
  const api = await app.startApi({ host: '127.0.0.1', port: 0, signIn })
  onTestFinished(() => api.close())
  const link = `/#sign-in=${signIn.issueCode()}`
  await using visited = await visit(site.browser, { url: api.url, path: link })
  const { page } = visited
  await heading(page, 'Webhooks').waitFor()
  await expect.poll(() => page.url()).toBe(`${api.url}/`)
  expect(await page.content()).not.toContain(apiKey)
  await page.reload()
  await heading(page, 'Webhooks').waitFor()
  visited.isFlawless()

  await using again = await visit(site.browser, { url: api.url, path: link })
  await again.page.getByText('This sign-in link was used').waitFor()
  await using without = await visit(site.browser, { url: api.url })
  await without.page.getByText('Open the link that the service printed last').waitFor()
  without.isFlawless()
})

test('GraphiQL gets the key from its link, and keeps it for the next visit', async () => {
  const { apiKey, app } = site.world
  const signIn = createSignIn(() => apiKey)
  const api = await app.startApi({ host: '127.0.0.1', port: 0, signIn })
  onTestFinished(() => api.close())
  const path = `/graphql#sign-in=${signIn.issueCode()}`
  await using visited = await visit(site.browser, { url: api.url, path })
  const { page } = visited
  const headers = page.getByRole('button', { name: 'Headers' })
  for (let visits = 0; visits < 2; visits += 1) {
    await headers.click()
    await page.getByText(apiKey).first().waitFor()
    await expect.poll(() => page.url()).toBe(`${api.url}/graphql`)
    await page.reload()
  }
})
