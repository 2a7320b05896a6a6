import { expect, test, vi } from 'vitest'
import { extent } from '../faults/extent.ts'
import { attemptLog, startAttemptWriter } from '../helpers/attempt-writer.ts'
import { overEvents, overSocket, type Subscribe } from '../helpers/pausable-subscriber.ts'
import { watchMemory } from '../helpers/process-memory.ts'
import { startServiceProcess } from '../helpers/service-process.ts'
import { createWorld } from '../helpers/world.ts'

/** Unread by 20 subscribers, 300 already take 19 times the limit. */
const EVENTS = extent({ short: 300, full: 5_000 })
const EVENT_BYTES = 64_000
const MEGABYTE = 1_000_000
/** Of each kind, beside those that go on reading in the end. */
const ABANDONED = 9

type Api = Parameters<Subscribe>[0]

/** Collects the attempts behind one, and connects again behind the last one seen when it was shown out. */
async function follow(api: Api, subscribe: Subscribe, start: string) {
  const ids: string[] = []
  const query = `subscription ($after: ID) {
    deliveryAttempted(after: $after) { id delivery { payload } }
  }`
  const connect = () =>
    subscribe(api, { query, variables: { after: ids.at(-1) ?? start } }, (message) => {
      const id = message.length > EVENT_BYTES && /"id":"(att_\w+)"/.exec(message)?.[1]
      // Every other message except a ping is an error of the test.
      if (id) ids.push(id)
      else if (!message.includes('"type":"ping"')) ids.push(message)
    })
  let connection = await connect()
  const goOn = async () => {
    while (ids.length <= EVENTS) {
      await connection.closed
      if (ids.length <= EVENTS) connection = await connect()
    }
  }
  const pause = () => connection.pause()
  const resume = () => {
    void goOn()
    connection.resume()
  }
  return { ids, pause, resume }
}

test(`20 subscribers that do not read take less than 20 MB over ${EVENTS} events of 64 kB, miss none, and continue where they stopped`, async () => {
  await using world = await createWorld({ worker: false })
  const memory = await watchMemory()
  const service = await startServiceProcess(
    {
      ...memory.env,
      DATABASE_URL: world.databaseUrl,
      ENCRYPTION_KEYS: `test:${world.encryptionKey.toString('base64')}`,
    },
    'api',
  )
  const data = JSON.stringify({ text: 'x'.repeat(EVENT_BYTES) })
  await using writer = await startAttemptWriter(world, { data })
  const [start] = await writer.record(1)
  const api = { url: service.url!, apiKey: world.apiKey }
  const open = (subscribe: Subscribe) => follow(api, subscribe, start!)

  const reader = await open(overSocket)
  const slow = [await open(overSocket), await open(overEvents)]
  const kinds = Array.from({ length: ABANDONED }, () => [overSocket, overEvents]).flat()
  const abandoned = await Promise.all(kinds.map(open))
  const all = [reader, ...slow, ...abandoned]
  await writer.record(1)
  await vi.waitFor(() => expect(all.map(({ ids }) => ids.length)).toEqual(all.map(() => 1)), 60_000)

  for (const one of [...slow, ...abandoned]) one.pause()
  const before = await memory.used()
  for (let written = 0; written < EVENTS; written += 100) await writer.record(100)
  let most = 0
  await vi.waitFor(
    async () => {
      most = Math.max(most, await memory.used())
      expect(reader.ids.length).toBeGreaterThan(EVENTS)
    },
    { timeout: 240_000, interval: 1_000 },
  )
  const log = (await attemptLog(world)).slice(1)
  expect(log).toHaveLength(EVENTS + 1)
  expect(reader.ids).toEqual(log)
  expect(most - before).toBeLessThan(20 * MEGABYTE)
  expect(Math.max(...slow.map(({ ids }) => ids.length))).toBeLessThan(EVENTS)

  for (const one of slow) one.resume()
  const arrived = () => slow.map(({ ids }) => ids.length)
  await expect.poll(arrived, { timeout: 240_000 }).toEqual([EVENTS + 1, EVENTS + 1])
  for (const { ids } of slow) expect(ids).toEqual(log)
}, 600_000)
