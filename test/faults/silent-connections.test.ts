import { expect, onTestFinished, test } from 'vitest'
import { createDatabase as connect } from '../../src/storage/database.ts'
import { createListener } from '../../src/storage/listener.ts'
import { createDatabase } from '../helpers/database.ts'
import { SILENT } from '../helpers/silent-log.ts'
import { isFull } from './extent.ts'
import { startStallingProxy } from './stalling-proxy.ts'

/** These wait for time limits: not in every run of the tests. */
const fully = test.runIf(isFull)

fully(
  'a transaction on a connection that goes silent is given up after one time limit, and the next one has another connection',
  async () => {
    const { url } = await createDatabase({ empty: true })
    const proxy = await startStallingProxy(url)
    // The 100 ms of the server, and 5 s for a connection that sends nothing.
    const db = connect(proxy.url, { log: SILENT, statementTimeoutMs: 100 })
    onTestFinished(() => db.close())
    const began = performance.now()
    const lost = db.transaction(async (tx) => {
      await tx.query('select 1')
      proxy.stall()
      await tx.query('select 2')
    })
    const error = await lost.catch((thrown: unknown) => thrown)
    expect(db.isTransient(error)).toBe(true)
    expect(performance.now() - began).toBeLessThan(9_000)
    proxy.resume({ onlyNew: true })
    expect(await db.query('select 3 as three')).toEqual([{ three: 3 }])
  },
)

fully(
  'a listener whose connection has gone silent notices, listens on another one, and can be closed',
  async () => {
    const { url } = await createDatabase({ empty: true })
    const proxy = await startStallingProxy(url)
    const listener = createListener(proxy.url, { log: SILENT })
    const heard: string[] = []
    await listener.listen('fault', (payload) => heard.push(payload))
    proxy.stall()
    proxy.resume({ onlyNew: true })
    // Without a payload: something may have been missed.
    await expect.poll(() => heard, { timeout: 15_000 }).toEqual([''])
    proxy.stall()
    await listener.close()
  },
  30_000,
)
