import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { inactiveDestination, UpdateDestination } from '../helpers/destination-operations.ts'
import { heldAnswers } from '../helpers/held-answers.ts'
import { activeDestination } from '../helpers/operations.ts'
import { startReceiver } from '../helpers/receiver.ts'
import { createWorld } from '../helpers/world.ts'
import { visit } from './browser.ts'
import { holdAndBreak, holdAnswer, noteTexts } from './hold-answers.ts'
import { shareConsole } from './share-console.ts'

const site = shareConsole()

const open = (path: string) => site.open(path)
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).first()
const live = (page: Page) => page.getByText('Live', { exact: true }).waitFor()
const field = (page: Page, name: string) => page.getByLabel(name, { exact: true })
const title = (page: Page, name: string) =>
  page.getByRole('heading', { level: 1, name, exact: true })

const STATUS = 'main [data-tone]'

test('a saved change shows at once and does not flicker when confirmed', async () => {
  await using visited = await open(`/destinations/${await inactiveDestination(site.world.client)}`)
  const { page } = visited
  await title(page, 'Receiver').waitFor()
  await live(page)
  const titles = await noteTexts(page, 'h1')
  const answer = await holdAnswer(page, 'UpdateDestination')
  await field(page, 'Name').fill('  Our CRM ')
  await button(page, 'Save changes').click()
  await title(page, 'Our CRM').waitFor()
  await page.getByRole('navigation', { name: 'Breadcrumb' }).getByText('Our CRM').waitFor()
  await page.getByText('Saving…').waitFor()
  await answer.reachApi()
  answer.reachPage()
  await page.getByText('All changes saved.').waitFor()
  expect(await field(page, 'Name').inputValue()).toBe('Our CRM')
  expect(await titles()).toEqual(['Receiver', 'Our CRM'])
  visited.isFlawless()
})

test('a refused change is unsaved again, with the error below the field', async () => {
  await using visited = await open(`/destinations/${await inactiveDestination(site.world.client)}`)
  const { page } = visited
  const answer = await holdAnswer(page, 'UpdateDestination')
  await field(page, 'Name').fill('Our CRM')
  await field(page, 'URL').fill('ftp://example.com')
  await button(page, 'Save changes').click()
  await title(page, 'Our CRM').waitFor()
  await answer.reachApi()
  answer.reachPage()
  await page.getByRole('alert').getByText('Begin the URL with https://').waitFor()
  await title(page, 'Receiver').waitFor()
  await page.getByText('You have unsaved changes.').waitFor()
  expect(await field(page, 'Name').inputValue()).toBe('Our CRM')
  expect(await field(page, 'URL').inputValue()).toBe('ftp://example.com')
  visited.isFlawless()
})

test('an activated webhook shows as active at once, also while live updates arrive', async () => {
  const id = await inactiveDestination(site.world.client, 'https://example.com/')
  await using visited = await open(`/destinations/${id}`)
  const { page } = visited
  await title(page, 'Receiver').waitFor()
  await live(page)
  const stop = await holdAndBreak(page, 'ActivateDestination')
  const statuses = await noteTexts(page, STATUS)
  await button(page, 'Activate webhook').click()
  await button(page, 'Deactivate webhook').waitFor()
  await site.world.client.request(UpdateDestination, { id, input: { name: 'Renamed elsewhere' } })
  await title(page, 'Renamed elsewhere').waitFor()
  expect(await statuses()).toEqual(['Inactive', 'Active'])
  stop()
  await page.getByRole('alert').getByText('Could not reach the API').waitFor()
  expect(await statuses()).toEqual(['Inactive', 'Active', 'Inactive'])
  await title(page, 'Renamed elsewhere').waitFor()
})

test('a deleted row disappears at once and returns to its place when the deletion fails', async () => {
  await using own = await createWorld({ worker: false })
  for (const name of ['First', 'Second', 'Third']) {
    const id = await inactiveDestination(own.client)
    await own.client.request(UpdateDestination, { id, input: { name } })
  }
  await using visited = await visit(site.browser, own)
  const { page } = visited
  const names = () => page.getByRole('table').getByRole('link').allTextContents()
  const remove = async () => {
    await page.getByRole('row', { name: /Second/ }).hover()
    await button(page, 'Delete Second').click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Delete', exact: true }).click()
  }
  await page.getByText('3 webhooks').waitFor()
  const refuse = await holdAndBreak(page, 'DeleteDestination')
  await remove()
  await page.getByText('2 webhooks').waitFor()
  expect(await names()).toEqual(['Third', 'First'])
  refuse()
  const refusal = page.getByRole('alert', { name: 'Could not delete “Second”' })
  await refusal.getByText('Check your connection and try again.').waitFor()
  expect(await names()).toEqual(['Third', 'Second', 'First'])

  const totals = await noteTexts(page, 'search [role=status]')
  const answer = await holdAnswer(page, 'DeleteDestination')
  await refusal.getByRole('button', { name: 'Try again' }).click()
  await refusal.waitFor({ state: 'detached' })
  expect(await names()).toEqual(['Third', 'First'])
  await answer.reachApi()
  answer.reachPage()
  await page.getByText('“Second” deleted').first().waitFor()
  expect(await totals()).toEqual(['3 webhooks', '2 webhooks'])
})

test('a retried delivery shows as pending at once and as before when the retry fails', async () => {
  await using receiver = await startReceiver()
  receiver.answerWith({ status: 500, body: 'Out of order' })
  const { id } = await activeDestination(site.world.client, { url: receiver.url })
  await using visited = await open(`/destinations/${id}`)
  const { page } = visited
  // A test event is not retried, so its delivery fails with the first attempt.
  await button(page, 'Send test event').click()
  await page.getByText('Response code 500').waitFor()
  await page.goto(`${site.world.url}/destinations/${id}/deliveries`)
  await page
    .getByRole('row', { name: /Failed/ })
    .getByRole('link')
    .click()
  const timeline = page.getByRole('region', { name: 'Timeline' })
  await timeline.waitFor()
  const statuses = await noteTexts(page, '[aria-label=Timeline] [data-tone]')

  const refuse = await holdAndBreak(page, 'RetryDelivery')
  await timeline.getByRole('button', { name: 'Retry' }).click()
  await timeline.getByText('due now').waitFor()
  refuse()
  await timeline.getByRole('alert').getByText('Could not reach the API').waitFor()
  expect(await statuses()).toEqual(['Failed', 'Pending', 'Failed'])

  const { hold, release } = heldAnswers()
  receiver.answerWith(hold)
  const answer = await holdAnswer(page, 'RetryDelivery')
  await timeline.getByRole('button', { name: 'Retry' }).click()
  await answer.reachApi()
  // The attempt is made just after the page has read the delivery again.
  const details = await holdAnswer(page, 'AttemptDetails')
  answer.reachPage()
  await page.getByText('Retry scheduled').first().waitFor()
  await details.reachApi()
  await receiver.request(2)
  release(200)
  await page.locator('tr[data-attempt]').nth(1).waitFor()
  details.reachPage()
  await timeline.getByText('Delivered').waitFor()
  expect(await statuses()).toEqual(['Failed', 'Pending', 'Failed', 'Pending', 'Delivered'])
})
