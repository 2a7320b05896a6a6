import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readDeliveriesSearch } from '../../src/console/deliveries/deliveries-search.ts'
import { isEventType } from '../../src/console/events/event-types.ts'
import { readWebhooksSearch } from '../../src/console/webhooks/webhooks-search.ts'
import { activeDestination } from '../helpers/operations.ts'
import { createWorld, type World } from '../helpers/world.ts'
import { startBrowser, visit } from './browser.ts'
import { EVENTS } from './examples.ts'

let browser: Browser
let world: World

beforeAll(async () => {
  browser = await startBrowser()
  world = await createWorld({ worker: false })
})
afterAll(async () => {
  await browser.close()
  await world[Symbol.asyncDispose]()
})

describe('what an address narrows a page to', () => {
  test('is taken when there is such a thing, and left out when there is not', () => {
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

  test('may be any text to search for, also one that the router reads as something else', () => {
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

test('made-up filters go from the address, and the page shows everything', async () => {
  const { id } = await activeDestination(world.client, { url: 'http://127.0.0.1:8080/' })
  await using visited = await visit(browser, { ...world, path: '/?status=MADE_UP&search=[1]' })
  const { page } = visited
  await page.getByText('1 webhook', { exact: true }).waitFor()
  await page.waitForURL(`${world.url}/`)
  await page.goto(`${world.url}/destinations/${id}/deliveries?event=MADE_UP&status=MADE_UP`)
  await page.getByRole('heading', { name: 'No deliveries yet' }).waitFor()
  await page.waitForURL(`${world.url}/destinations/${id}/deliveries`)
  visited.isFlawless()
})
