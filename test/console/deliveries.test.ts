import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { activeDestination } from '../helpers/operations.ts'
import { type Receiver, startReceiver } from '../helpers/receiver.ts'
import { createWorld, type World } from '../helpers/world.ts'
import { startBrowser, visit } from './browser.ts'
import { publishExample } from './examples.ts'

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

const rows = (page: Page) => page.locator('tr[data-attempt]')

/** Of an email's delivery: the third try is then 6 s after the first, long enough to see it coming. */
const FAILURES = 2

/** The page of a destination of this receiver with an email, which fails twice at first, and a todo. */
async function oneOfEach(receiver: Receiver) {
  const failed = new Map<unknown, number>()
  receiver.answerWith(({ headers, body }, response) => {
    const delivery = headers['x-webhook-delivery']
    const failures = failed.get(delivery) ?? 0
    const fails = body.startsWith('{"event":"email_sent"') && failures < FAILURES
    failed.set(delivery, failures + 1)
    response.writeHead(fails ? 500 : 200).end(fails ? 'No' : 'Yes')
  })
  const { id } = await activeDestination(world.client, {
    url: receiver.url,
    events: ['EMAIL_SENT', 'TODO_CREATED'],
  })
  await publishExample(world.client, 'EMAIL_SENT')
  await receiver.request(1)
  await publishExample(world.client, 'TODO_CREATED')
  await receiver.request(2)
  return visit(browser, { ...world, path: `/destinations/${id}/deliveries` })
}

test('a failed attempt counts down to its retry, which then comes by itself', async () => {
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

test('the list is narrowed by status and event, also for what comes live', async () => {
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
  await publishExample(world.client, 'EMAIL_SENT')
  await publishExample(world.client, 'TODO_CREATED')
  await rows(page).nth(1).waitFor()
  expect(await rows(page).allTextContents()).toEqual([
    expect.stringContaining('Todo Created'),
    expect.stringContaining('Todo Created'),
  ])
  visited.isFlawless()
})

test('the chart counts what came in the last hour, and goes on counting', async () => {
  await using receiver = await startReceiver()
  await using visited = await oneOfEach(receiver)
  const { page } = visited
  await page.getByRole('img', { name: /^Attempts per minute/ }).waitFor()
  const before = Number(await page.locator('dd').first().textContent())
  await publishExample(world.client, 'TODO_CREATED')
  await expect
    .poll(async () => Number(await page.locator('dd').first().textContent()), { timeout: 8_000 })
    .toBeGreaterThan(before)
  visited.isFlawless()
})
