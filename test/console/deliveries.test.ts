import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { activeDestination } from '../helpers/operations.ts'
import { type Receiver, startReceiver } from '../helpers/receiver.ts'
import { publishExample } from './examples.ts'
import { shareConsole } from './share-console.ts'

const site = shareConsole()

const rows = (page: Page) => page.locator('tr[data-attempt]')

/** Failed attempts of the email's delivery. The third attempt is then 6 s after the first, long enough for a countdown. */
const FAILURES = 2

/** Opens the deliveries of a destination with two events: an email, whose first two attempts fail, and a todo. */
async function oneOfEach(receiver: Receiver) {
  const failed = new Map<unknown, number>()
  receiver.answerWith(({ headers, body }, response) => {
    const delivery = headers['x-webhook-delivery']
    const failures = failed.get(delivery) ?? 0
    const fails = body.startsWith('{"event":"email_sent"') && failures < FAILURES
    failed.set(delivery, failures + 1)
    response.writeHead(fails ? 500 : 200).end(fails ? 'No' : 'Yes')
  })
  const { id } = await activeDestination(site.world.client, {
    url: receiver.url,
    events: ['EMAIL_SENT', 'TODO_CREATED'],
  })
  await publishExample(site.world.client, 'EMAIL_SENT')
  await receiver.request(1)
  await publishExample(site.world.client, 'TODO_CREATED')
  await receiver.request(2)
  return site.open(`/destinations/${id}/deliveries`)
}

test('a failed attempt shows a countdown to its retry, and the retry appears without a reload', async () => {
  await using receiver = await startReceiver()
  await using visited = await oneOfEach(receiver)
  const { page } = visited
  await page
    .getByRole('row', { name: /Failed.*Email Sent.*500/ })
    .first()
    .getByRole('link')
    .click()
  const panel = page.getByRole('dialog')
  await panel
    .getByRole('timer')
    .filter({ hasText: /in \d s/ })
    .waitFor()
  expect(await panel.getByRole('button', { name: 'Retry' }).getAttribute('aria-description')).toBe(
    'An attempt is already scheduled.',
  )
  await panel.getByText('Attempt 3').waitFor()
  await panel.getByText('Delivered').waitFor()
  const { body, headers } = receiver.requests.at(-1)!
  expect(await panel.getByRole('region', { name: 'Request body' }).first().textContent()).toContain(
    body,
  )
  await panel.getByText(`webhook-id: ${headers['webhook-id']}`).scrollIntoViewIfNeeded()
  const shown = await panel
    .getByRole('region', { name: 'Request headers' })
    .evaluate((block) => block.parentElement!.clientHeight)
  expect(shown).toBeGreaterThan(100)

  const before = receiver.requests.length
  await panel.getByRole('button', { name: 'Retry' }).click()
  await panel.getByText('Attempt 4').waitFor()
  expect(receiver.requests).toHaveLength(before + 1)
  expect(receiver.requests.at(-1)!.body).toBe(body)
  visited.isFlawless()
})

test('the filters by status and event apply to listed and live attempts', async () => {
  await using receiver = await startReceiver()
  await using visited = await oneOfEach(receiver)
  const { page } = visited
  await page.getByRole('row', { name: /Todo Created/ }).waitFor()
  await page.getByLabel('Status').selectOption('Failed')
  await page.getByRole('row', { name: /Todo Created/ }).waitFor({ state: 'detached' })
  await page
    .getByRole('row', { name: /Failed.*Email Sent/ })
    .first()
    .waitFor()
  expect(await rows(page).allTextContents()).not.toContainEqual(expect.stringContaining('Success'))
  await page.getByLabel('Status').selectOption('Any status')
  await page.getByLabel('Event').selectOption('Todo Created')
  await page
    .getByRole('row', { name: /Email Sent/ })
    .first()
    .waitFor({ state: 'detached' })
  await publishExample(site.world.client, 'EMAIL_SENT')
  await publishExample(site.world.client, 'TODO_CREATED')
  await rows(page).nth(1).waitFor()
  expect(await rows(page).allTextContents()).toEqual([
    expect.stringContaining('Todo Created'),
    expect.stringContaining('Todo Created'),
  ])
  visited.isFlawless()
})

test('the chart counts the attempts of the last hour and is updated live', async () => {
  await using receiver = await startReceiver()
  await using visited = await oneOfEach(receiver)
  const { page } = visited
  await page.getByRole('img', { name: /^Attempts per minute/ }).waitFor()
  const before = Number(await page.locator('dd').first().textContent())
  await publishExample(site.world.client, 'TODO_CREATED')
  await expect
    .poll(async () => Number(await page.locator('dd').first().textContent()), { timeout: 8_000 })
    .toBeGreaterThan(before)
  visited.isFlawless()
})
