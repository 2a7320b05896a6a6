import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { type Receiver, startReceiver } from '../helpers/receiver.ts'
import { EVENTS, publishExample } from './examples.ts'
import { shareConsole } from './share-console.ts'
import { type Hand, keyboard, mouse } from './walk.ts'

const site = shareConsole()

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).first()
const link = (page: Page, name: string) => page.getByRole('link', { name, exact: true }).first()
const status = (page: Page, name: string) => page.getByText(name, { exact: true }).first()
const rows = (page: Page) => page.locator('tr[data-attempt]')

/** Creates and configures a destination as the guide describes. */
async function create(page: Page, hand: Hand, { name, url }: { name: string; url: string }) {
  await hand.press(button(page, 'Create destination'))
  await hand.write(page.getByRole('dialog').getByLabel('Name'), name)
  await hand.press(page.getByRole('dialog').getByRole('button', { name: 'Create destination' }))
  await page.getByRole('heading', { level: 1, name }).waitFor()
  await expectUnavailable(page)
  await hand.write(page.getByLabel('URL', { exact: true }), url)
  await hand.press(button(page, 'Select all'))
  await hand.press(button(page, 'Save changes'))
}

/** Checks "You must select at least one event before you can activate your webhook". */
async function expectUnavailable(page: Page) {
  const activate = button(page, 'Activate webhook')
  expect(await activate.getAttribute('aria-disabled')).toBe('true')
  expect(await activate.getAttribute('aria-description')).toContain('select at least one event')
}

async function activate(page: Page, hand: Hand) {
  await page
    .locator('button:not([aria-disabled="true"])', { hasText: 'Activate webhook' })
    .first()
    .waitFor()
  await hand.press(button(page, 'Activate webhook'))
  await button(page, 'Deactivate webhook').waitFor()
}

/** Creates a webhook, uses it as the guide describes, and deletes it. */
async function walk(
  page: Page,
  hand: Hand,
  { receiver, name }: { receiver: Receiver; name: string },
) {
  await create(page, hand, { name, url: receiver.url })
  await activate(page, hand)

  await hand.press(link(page, 'View recent deliveries'))
  await page.getByRole('heading', { name: 'No deliveries yet' }).waitFor()
  await page.evaluate(() => Object.assign(globalThis, { neverReloaded: true }))
  for (const type of EVENTS) await publishExample(site.world.client, type)
  await rows(page)
    .nth(EVENTS.length - 1)
    .waitFor()
  expect(await rows(page).count()).toBe(EVENTS.length)
  expect(await page.evaluate(() => 'neverReloaded' in globalThis)).toBe(true)
  expect(receiver.requests).toHaveLength(EVENTS.length)

  receiver.answerWith({ status: 500, body: 'Out of order' })
  for (const type of EVENTS) await publishExample(site.world.client, type)
  await page.getByText('Failed', { exact: true }).first().waitFor()
  await status(page, 'Disabled').waitFor()
  await checkAttempt(page, hand)

  await hand.press(link(page, name))
  const banner = page.getByRole('alert', { name: 'This webhook was automatically disabled' })
  await banner.waitFor()
  await banner.getByText('Your endpoint returned 500').first().waitFor()
  receiver.answerWith(200)
  await hand.press(banner.getByRole('button', { name: 'Activate webhook' }))
  await banner.waitFor({ state: 'detached' })
  await hand.press(button(page, 'Deactivate webhook'))
  await button(page, 'Activate webhook').waitFor()
  await status(page, 'Inactive').waitFor()

  await hand.press(
    page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Webhooks' }),
  )
  await hand.press(page.getByRole('button', { name: `Delete ${name}` }))
  const dialog = page.getByRole('alertdialog', { name: `Delete “${name}”?` })
  await dialog.waitFor()
  expect(await dialog.textContent()).toContain('permanent')
  await hand.press(dialog.getByRole('button', { name: 'Delete', exact: true }))
  await page.getByRole('heading', { name: 'No webhooks yet' }).waitFor()
}

/** Opens a failed attempt and checks its request and response. */
async function checkAttempt(page: Page, hand: Hand) {
  await hand.press(
    page
      .getByRole('row', { name: /Failed/ })
      .getByRole('link')
      .first(),
  )
  const panel = page.getByRole('dialog')
  await panel.getByRole('heading', { name: 'Timeline' }).waitFor()
  const text = await panel.textContent()
  for (const part of [
    'Your endpoint returned 500',
    'X-Webhook-Signature: ••••',
    '"event":',
    'Out of order',
  ]) {
    expect(text).toContain(part)
  }
  await page.keyboard.press('Escape')
  await panel.waitFor({ state: 'detached' })
}

test('the steps of the setup guide work with the mouse', async () => {
  await using receiver = await startReceiver()
  await using visited = await site.open()
  await walk(visited.page, mouse, { receiver, name: 'Our CRM' })
  visited.isFlawless()
})

test('the steps of the setup guide work with the keyboard alone', async () => {
  await using receiver = await startReceiver()
  await using visited = await site.open()
  await walk(visited.page, keyboard(visited.page), { receiver, name: 'Our ERP' })
  visited.isFlawless()
})
