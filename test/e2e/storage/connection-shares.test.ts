import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { runFor } from '../../../src/concurrency/owner.ts'
import { createDatabase as connect } from '../../../src/storage/database.ts'
import { createDatabase } from '../../helpers/database.ts'
import { SILENT } from '../../helpers/silent-log.ts'

const POOL_SIZE = 10

/** A pool, and a lock that statements wait for until the test releases it. */
async function openPool() {
  const { url } = await createDatabase()
  const db = connect(url, { log: SILENT, poolSize: POOL_SIZE })
  onTestFinished(() => db.close())
  const holder = new pg.Client({ connectionString: url })
  await holder.connect()
  onTestFinished(() => holder.end())
  await holder.query('select pg_advisory_lock(1)')
  return {
    db,
    /** Statements of an organization that wait for the lock: through SQL, a transaction and Prisma in turn. */
    waitFor: (organizationId: string, count: number) =>
      Array.from({ length: count }, (_, index) =>
        runFor(organizationId, () => {
          if (index % 3 === 0) return db.query('select pg_advisory_xact_lock(1)::text')
          if (index % 3 === 1)
            return db.transaction((tx) => tx.query('select pg_advisory_xact_lock(1)::text'))
          return db.prisma.$queryRaw`select pg_advisory_xact_lock(1)::text`
        }),
      ),
    release: () => holder.query('select pg_advisory_unlock(1)'),
    active: () => db.connections().active,
  }
}

test('statements of one organization that wait leave connections to other organizations and to the service', async () => {
  const { db, waitFor, release, active } = await openPool()
  const hostile = waitFor('hostile', 50)
  await expect.poll(active).toBe(3)
  const second = waitFor('second', 50)
  await expect.poll(active).toBe(5)

  expect(await db.query('select 1 as one')).toEqual([{ one: 1 }])
  await release()
  await Promise.all([...hostile, ...second])
  expect(await runFor('third', () => db.query('select 3 as three'))).toEqual([{ three: 3 }])
  expect(active()).toBe(0)
})

test('an organization with thousands of waiting statements is refused more, as a transient fault', async () => {
  const { db, release } = await openPool()
  const query = () => runFor('hostile', () => db.query('select pg_advisory_xact_lock(1)::text'))
  const waiting = Array.from({ length: 3 + 2_500 }, query)
  const [refused] = await Promise.allSettled([query()])
  expect(refused).toMatchObject({ status: 'rejected' })
  expect(db.isTransient((refused as PromiseRejectedResult).reason)).toBe(true)
  expect(await runFor('other', () => db.query('select 1 as one'))).toEqual([{ one: 1 }])
  await release()
  await Promise.all(waiting)
})

test('a statement that fails gives its share back', async () => {
  const { db } = await openPool()
  for (let failures = 0; failures < 3 * POOL_SIZE; failures += 1) {
    await expect(runFor('one', () => db.query('select 1/0'))).rejects.toThrow('division by zero')
  }
  expect(await runFor('one', () => db.query('select 1 as one'))).toEqual([{ one: 1 }])
})
