import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { inactiveDestination, UpdateDestination } from '../helpers/destination-operations.ts'
import { activeDestination } from '../helpers/operations.ts'
import { startReceiver } from '../helpers/receiver.ts'
import { visit } from './browser.ts'
import { shareConsole } from './share-console.ts'

const site = shareConsole()

const open = (id: string) =>
  visit(
    site.browser,
    { ...site.world, path: `/destinations/${id}` },
    {
      permissions: ['clipboard-read', 'clipboard-write'],
    },
  )

const url = (page: Page) => page.getByLabel('URL', { exact: true })
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).first()

test('a validation error is shown below its field until the field is edited', async () => {
  await using visited = await open(await inactiveDestination(site.world.client))
  const { page } = visited
  await url(page).fill('ftp://example.com')
  await button(page, 'Save changes').click()
  const error = page.getByRole('alert').getByText('Begin the URL with https://')
  await error.waitFor()
  expect(await url(page).getAttribute('aria-invalid')).toBe('true')
  expect(await url(page).getAttribute('aria-describedby')).toContain('error')
  await url(page).fill('https://example.com/webhook')
  await error.waitFor({ state: 'detached' })
  visited.isFlawless()
})

test('an active destination keeps at least one event', async () => {
  const { id } = await activeDestination(site.world.client, {
    url: 'http://127.0.0.1:8080/',
    events: ['TODO_CREATED'],
  })
  await using visited = await open(id)
  const { page } = visited
  await page.getByRole('checkbox', { name: /^Todo Created/ }).uncheck()
  await button(page, 'Save changes').click()
  await page.getByText('An active webhook needs at least one event').waitFor()
  await button(page, 'Discard').click()
  expect(await page.getByRole('checkbox', { name: /^Todo Created/ }).isChecked()).toBe(true)
})

test('"Save changes" is disabled without changes and after a change is reverted', async () => {
  await using visited = await open(await inactiveDestination(site.world.client))
  const { page } = visited
  const save = button(page, 'Save changes')
  await url(page).waitFor()
  expect(await save.getAttribute('aria-disabled')).toBe('true')
  await url(page).fill('https://example.com/')
  expect(await save.getAttribute('aria-disabled')).not.toBe('true')
  expect(await button(page, 'Activate webhook').getAttribute('aria-description')).toContain(
    'Save your changes',
  )
  await url(page).fill('')
  expect(await save.getAttribute('aria-disabled')).toBe('true')
})

test('leaving a page with unsaved changes asks for confirmation', async () => {
  await using visited = await open(await inactiveDestination(site.world.client))
  const { page } = visited
  await page.getByLabel('Name', { exact: true }).fill('Another name')
  await page.getByRole('link', { name: 'Event reference' }).click()
  const dialog = page.getByRole('alertdialog', { name: 'Leave without saving?' })
  await dialog.getByRole('button', { name: 'Stay' }).click()
  expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe('Another name')
  await page.getByRole('link', { name: 'Event reference' }).click()
  await dialog.getByRole('button', { name: 'Leave without saving' }).click()
  await page.getByRole('heading', { level: 1, name: 'Event reference' }).waitFor()
  await page.goBack()
  await page.getByText('All changes saved.').waitFor()
  expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe('Receiver')
  visited.isFlawless()
})

test('changes made elsewhere appear without overwriting unsaved edits', async () => {
  const id = await inactiveDestination(site.world.client)
  await using visited = await open(id)
  const { page } = visited
  await url(page).fill('https://example.com/mine')
  await page.getByText('Live', { exact: true }).waitFor()
  await site.world.client.request(UpdateDestination, { id, input: { name: 'Renamed elsewhere' } })
  await page.getByRole('heading', { level: 1, name: 'Renamed elsewhere' }).waitFor()
  expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe('Renamed elsewhere')
  expect(await url(page).inputValue()).toBe('https://example.com/mine')
})

test('the full secret is copied, recorded under Activity and rotated with an overlap', async () => {
  await using visited = await open(await inactiveDestination(site.world.client))
  const { page } = visited
  const copied = () => page.evaluate(() => navigator.clipboard.readText())
  await button(page, 'Copy: the signing secret').click()
  await page.getByText('revealed the signing secret').waitFor()
  const secret = await copied()
  expect(secret).toMatch(/^wsec_[A-Za-z0-9]{32,}$/)
  expect(await page.locator('body').innerText()).not.toContain(secret)

  await button(page, 'Rotate secret').click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('radio', { name: /7 days/ }).check()
  await dialog.getByRole('button', { name: 'Rotate secret' }).click()
  await button(page, 'Copy: the new signing secret').click()
  await expect.poll(copied).not.toBe(secret)
  await button(page, 'Done').click()
  await page.getByText('The previous secret also signs until').waitFor()
  visited.isFlawless()
})

test('a test event is sent and its result is shown', async () => {
  await using receiver = await startReceiver()
  const { id } = await activeDestination(site.world.client, { url: receiver.url })
  await using visited = await open(id)
  const { page } = visited
  await page.getByLabel('Event', { exact: true }).selectOption('SUMMARY_CREATED')
  await button(page, 'Send test event').click()
  await page.getByText('Response code 200').waitFor()
  expect(receiver.requests).toHaveLength(1)
  receiver.answerWith({ status: 500, body: 'Out of order' })
  await button(page, 'Send test event').click()
  await page.getByText('Response code 500').waitFor()
  await page.getByText('Out of order').waitFor()
  visited.isFlawless()
})
