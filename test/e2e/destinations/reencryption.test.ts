import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { reencryptSecrets } from '../../../src/destinations/reencryption.ts'
import {
  createDatabase,
  type Database,
  type DatabaseAdapter,
} from '../../../src/storage/database.ts'
import { newId } from '../../../src/storage/ids.ts'
import { createSecretCipher } from '../../../src/storage/secret-encryption.ts'
import { createDatabase as createTestDatabase } from '../../helpers/database.ts'
import { SILENT } from '../../helpers/silent-log.ts'

const OLD = { id: 'old', key: randomBytes(32) }
const NEW = { id: 'new', key: randomBytes(32) }
const old = createSecretCipher([OLD])
const secrets = createSecretCipher([NEW, OLD])
const newAlone = createSecretCipher([NEW])

let db: DatabaseAdapter
beforeAll(async () => {
  const { url } = await createTestDatabase()
  db = createDatabase(url, { log: SILENT })
  await db.prisma.organization.create({ data: { id: 'org_1', name: 'Acme' } })
})
afterAll(() => db.close())
beforeEach(() => db.query('delete from destination'))

/** Destinations with the secret "secret of" and their id, sealed with the old key. @returns the ids, ascending */
async function destinations(count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, () => newId('whk'))
  await db.query(
    `with destination as (
      insert into destination (id, organization_id, name)
      select id, 'org_1', 'Receiver' from unnest($1::text[]) as id
    )
    insert into signing_secret (destination_id, current) select * from unnest($1::text[], $2::text[])`,
    [ids, ids.map((id) => old.encrypt(`secret of ${id}`, id))],
  )
  return ids
}

/** Writes what a rotation with an overlap writes. */
const rotate = (id: string, box: Pick<typeof old, 'encrypt'>, secret: string) =>
  db.query('update signing_secret set previous = current, current = $2 where destination_id = $1', [
    id,
    box.encrypt(secret, id),
  ])

/** Returns the secrets that the new key decrypts, in the order of the ids. */
async function opened(): Promise<(string | null)[][]> {
  const rows = await db.query<{ id: string; current: string; previous: string | null }>(
    'select destination_id as id, current, previous from signing_secret order by 1',
  )
  return rows.map(({ id, current, previous }) => [
    newAlone.decrypt(current, id),
    previous && newAlone.decrypt(previous, id),
  ])
}

/** Returns a database that calls a function between the read of a batch and its write. */
const between = (
  happens: (batch: number) => Promise<unknown>,
): Database & { batches(): number } => {
  let batches = 0
  return {
    ...db,
    async transaction(work) {
      batches += 1
      await happens(batches)
      return db.transaction(work)
    },
    batches: () => batches,
  }
}

test('1,200 secrets take 3 writes, each of which commits before the next begins', async () => {
  const ids = await destinations(1_200)
  const progress: number[] = []
  const watched = between(async () => {
    const [row] = await db.query<{ count: number }>(
      `select count(*)::int from signing_secret where current like 'v1.new.%'`,
    )
    progress.push(row!.count)
  })
  expect(await reencryptSecrets({ db: watched, secrets })).toEqual({
    reencrypted: 1_200,
    already: 0,
    unreadable: 0,
    unreadableIn: [],
    complete: true,
  })
  expect(progress).toEqual([0, 500, 1_000])
  expect(await opened()).toEqual(ids.map((id) => [`secret of ${id}`, null]))
  expect(await reencryptSecrets({ db: watched, secrets })).toMatchObject({
    reencrypted: 0,
    already: 1_200,
  })
  expect(watched.batches()).toBe(3)
})

test('another run completes an interrupted one', async () => {
  const ids = await destinations(1_200)
  const dying = between(async (batch) => {
    if (batch === 2) throw new Error('the machine went away')
  })
  await expect(reencryptSecrets({ db: dying, secrets })).rejects.toThrow('went away')
  expect(await reencryptSecrets({ db, secrets })).toMatchObject({ reencrypted: 700, already: 500 })
  expect(await opened()).toHaveLength(ids.length)
})

test('a rotation between read and write is kept, and the replaced secret is re-encrypted too', async () => {
  const [first, second] = await destinations(2)
  const overtaking = between(async (batch) => {
    if (batch === 1) await rotate(first!, secrets, 'fresh')
  })
  expect(await reencryptSecrets({ db: overtaking, secrets })).toMatchObject({
    reencrypted: 2,
    complete: true,
  })
  expect(await opened()).toEqual([
    ['fresh', `secret of ${first}`],
    [`secret of ${second}`, null],
  ])
})

test('a destination that is deleted between read and write stays deleted', async () => {
  const [first, second] = await destinations(2)
  const deleting = between(() => db.query('delete from destination where id = $1', [first]))
  expect(await reencryptSecrets({ db: deleting, secrets })).toMatchObject({ complete: true })
  expect(await opened()).toEqual([[`secret of ${second}`, null]])
})

test('two concurrent runs re-encrypt each secret once', async () => {
  const ids = await destinations(1_200)
  const both = await Promise.all([
    reencryptSecrets({ db, secrets }),
    reencryptSecrets({ db, secrets }),
  ])
  expect(both).toMatchObject([{ complete: true }, { complete: true }])
  expect(both[0].reencrypted + both[1].reencrypted).toBe(1_200)
  expect(await opened()).toEqual(ids.map((id) => [`secret of ${id}`, null]))
})

test('it ends as incomplete if another process continues to encrypt with the old key', async () => {
  const [id] = await destinations(1)
  const stubborn = between(() => rotate(id!, old, 'sealed with the old key'))
  expect(await reencryptSecrets({ db: stubborn, secrets })).toMatchObject({ complete: false })
})
