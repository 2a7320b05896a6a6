import { expect, test } from 'vitest'
import { inactiveDestination } from '../helpers/destination-operations.ts'
import { makeKey } from './api-keys.ts'
import { visit } from './browser.ts'
import { shareConsole } from './share-console.ts'

const site = shareConsole({ worker: false })

test('the audit log lists what was done, filters by action, and needs both scopes', async () => {
  const { apiKey, client, url } = site.world
  await inactiveDestination(client)
  const { key } = await makeKey(site.world, ['DESTINATIONS_READ'])
  await using visited = await visit(site.browser, { url, path: '/', apiKey })
  const { page } = visited
  await page.getByRole('link', { name: 'Audit log' }).click()
  const rows = page.getByRole('table', { name: 'Audit log' }).getByRole('row')
  await rows.filter({ hasText: 'Webhook created' }).getByText('API key test').waitFor()
  await rows.filter({ hasText: 'API key created' }).first().waitFor()
  await page.getByLabel('Action').selectOption('Webhook created')
  await expect.poll(() => rows.filter({ hasText: 'API key created' }).count()).toBe(0)
  expect(page.url()).toContain('action=DESTINATION_CREATED')
  await page.reload()
  await rows.filter({ hasText: 'Webhook created' }).waitFor()
  await page.getByLabel('Action').selectOption('Event erased')
  await page.getByRole('button', { name: 'Clear filter' }).click()
  await rows.filter({ hasText: 'API key created' }).first().waitFor()
  visited.isFlawless()

  await using limited = await visit(site.browser, { url, path: '/audit-log', apiKey: key })
  await limited.page.getByText('You can’t view the audit log').waitFor()
  expect(await limited.page.getByRole('link', { name: 'Audit log' }).count()).toBe(0)
})
