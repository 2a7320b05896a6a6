import { expect, onTestFinished, test } from 'vitest'
import { createDatabase as connect } from '../../src/adapters/database.ts'
import { newId } from '../../src/adapters/ids.ts'
import { createQueue, startQueue } from '../../src/adapters/queue.ts'
import { systemClock } from '../../src/adapters/system-clock.ts'
import { createDatabase } from '../helpers/database.ts'
import { SILENT } from '../helpers/world.ts'

test('a job goes into the transaction that promises it by its own connection alone, also the first of a process', async () => {
  const { url } = await createDatabase()
  const pool = connect(url, { log: SILENT })
  onTestFinished(() => pool.close())
  const besides: string[] = []
  const db = {
    ...pool,
    forPgBoss: {
      ...pool.forPgBoss,
      executeSql: (text: string, values?: unknown[]) => {
        besides.push(text)
        return pool.forPgBoss.executeSql(text, values)
      },
    },
  }
  const { boss, queue } = createQueue({ db, clock: systemClock, log: SILENT })
  onTestFinished(() => boss.stop({ graceful: false, close: false }))
  await startQueue(boss)

  const destinationId = newId('whk')
  await db.transaction(async (tx) => {
    besides.length = 0
    await queue.wake(tx, [destinationId])
    await queue.wakeLater(tx, [{ destinationId, seconds: 2 }])
    expect(besides.filter((text) => text.includes('pgboss.queue'))).toEqual([])
  })
  expect(await db.query('select name from pgboss.job order by name')).toEqual([
    { name: 'drain-destination' },
    { name: 'wake-destination' },
  ])
})
