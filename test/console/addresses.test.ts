import { describe, expect, test } from 'vitest'
import { readDeliveriesSearch } from '../../src/console/deliveries/deliveries-search.ts'
import { isEventType } from '../../src/console/events/event-types.ts'
import { readWebhooksSearch } from '../../src/console/webhooks/webhooks-search.ts'
import { activeDestination } from '../helpers/operations.ts'
import { EVENTS } from './examples.ts'
import { shareConsole } from './share-console.ts'

const site = shareConsole({ worker: false })

describe('the filter in an address', () => {
  test('keeps known values and drops unknown ones', () => {
    const there = { status: 'FAILED', event: 'TODO_CREATED', attempt: 'att_1' }
    expect(readDeliveriesSearch(there)).toEqual(there)
    expect(EVENTS.every(isEventType)).toBe(true)
    for (const madeUp of ['MADE_UP', 'constructor', '', 15, true, null, ['FAILED'], {}]) {
      expect(readDeliveriesSearch({ status: madeUp, event: madeUp })).toEqual({})
      expect(readWebhooksSearch({ status: madeUp })).toEqual({})
    }
    for (const madeUp of [15, true, null, ['att_1'], {}]) {
      expect(readDeliveriesSearch({ attempt: madeUp })).toEqual({})
    }
  })

  test('accepts any search text, also text that the router parses as another type', () => {
    expect(readWebhooksSearch({ search: 15, status: 'ACTIVE' })).toEqual({
      search: '15',
      status: 'ACTIVE',
    })
    expect(readWebhooksSearch({ search: true })).toEqual({ search: 'true' })
    expect(readWebhooksSearch({ search: 'a\0b' })).toEqual({ search: 'ab' })
    for (const nothing of ['', '\0', null, ['a'], {}]) {
      expect(readWebhooksSearch({ search: nothing })).toEqual({})
    }
  })
})

test('unknown filter values are removed from the address and everything is listed', async () => {
  const { id } = await activeDestination(site.world.client, { url: 'http://127.0.0.1:8080/' })
  await using visited = await site.open('/?status=MADE_UP&search=[1]')
  const { page } = visited
  await page.getByText('1 webhook', { exact: true }).waitFor()
  await page.waitForURL(`${site.world.url}/`)
  await page.goto(`${site.world.url}/destinations/${id}/deliveries?event=MADE_UP&status=MADE_UP`)
  await page.getByRole('heading', { name: 'No deliveries yet' }).waitFor()
  await page.waitForURL(`${site.world.url}/destinations/${id}/deliveries`)
  visited.isFlawless()
})
