import { AsyncLocalStorage } from 'node:async_hooks'
import { expect, onTestFinished, test } from 'vitest'
import { systemClock } from '../../../src/concurrency/clock.ts'
import { createQueue, startQueue } from '../../../src/delivery/queue.ts'
import { createDatabase as connect } from '../../../src/storage/database.ts'
import { newId } from '../../../src/storage/ids.ts'
import { createDatabase } from '../../helpers/database.ts'
import { SILENT } from '../../helpers/silent-log.ts'

test('queueing jobs runs every statement inside the given transaction, also for the first jobs of a process', async () => {
  const { url } = await createDatabase()
  const pool = connect(url, { log: SILENT })
  onTestFinished(() => pool.close())
  // pg-boss reads its queues by timers of its own at any moment. Those do not run in the context of the calls below.
  const queueing = new AsyncLocalStorage<true>()
  const outside: string[] = []
  const db = {
    ...pool,
    forPgBoss: {
      ...pool.forPgBoss,
      executeSql: (text: string, values?: unknown[]) => {
        if (queueing.getStore()) outside.push(text)
        return pool.forPgBoss.executeSql(text, values)
      },
    },
  }
  const { boss, queue } = createQueue({ db, clock: systemClock, log: SILENT })
  onTestFinished(() => boss.stop({ graceful: false, close: false }))
  await startQueue(boss)

  const destinationId = newId('whk')
  await db.transaction((tx) =>
    queueing.run(true, async () => {
      await queue.wake(tx, [{ destinationId }])
      await queue.wakeLater(tx, [{ destinationId, delaySeconds: 2 }])
    }),
  )
  expect(outside).toEqual([])
  expect(await db.query('select name from pgboss.job order by name')).toEqual([
    { name: 'drain-destination' },
    { name: 'wake-destination' },
  ])
})
