import { randomBytes } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { GraphqlClient } from '../../../src/cli/graphql-client.ts'
import { SCOPES } from '../../../src/domain/api-key.ts'
import type { EncryptionKey } from '../../../src/storage/secret-encryption.ts'
import { publishTodos, receivedAll } from '../../helpers/deliveries.ts'
import { inactiveDestination, reveal, rotate } from '../../helpers/destination-operations.ts'
import { activeDestination } from '../../helpers/operations.ts'
import { type Receiver, startReceiver } from '../../helpers/receiver.ts'
import { runProgram } from '../../helpers/service-process.ts'
import { standardVerifies } from '../../helpers/verify-request.ts'
import { createWorld, type World } from '../../helpers/world.ts'

const OLD: EncryptionKey = { id: 'old', key: randomBytes(32) }
const NEW: EncryptionKey = { id: 'new', key: randomBytes(32) }

/** Destinations of the test under load. */
const DESTINATIONS = 20
/** Seconds for which a rotated-out secret is kept, so that there are two to encrypt. */
const OVERLAP = 3_600
/** Events of one publication, each for every destination. */
const ROUND = 5

const asVariable = (...ring: EncryptionKey[]) =>
  ring.map(({ id, key }) => `${id}:${key.toString('base64')}`).join(',')

const runReencrypt = ({ databaseUrl }: World, ...ring: EncryptionKey[]) =>
  runProgram(['cli/keys.ts', 'reencrypt'], {
    DATABASE_URL: databaseUrl,
    ENCRYPTION_KEYS: asVariable(...ring),
  })

/** Counts the stored secrets by their encryption key. */
async function sealedWith({ app }: World): Promise<Record<string, number>> {
  const rows = await app.ports.db.query<{ key: string; count: number }>(
    `select split_part(sealed, '.', 2) as key, count(*)::int from signing_secret,
      unnest(array[current, previous]) as sealed where sealed is not null group by 1`,
  )
  return Object.fromEntries(rows.map(({ key, count }) => [key, count]))
}

/** Returns the columns that change when a destination is changed, which subscribers and readers observe. */
const marksOf = ({ app }: World) =>
  app.ports.db.query('select id, updated_at, changed_in::text from destination order by id')

/** Calls `again` until the promise has settled, at least three times, with a pause between calls. */
async function during<Result>(
  work: Promise<unknown>,
  again: (round: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = []
  let done = false
  const end = () => {
    done = true
  }
  work.then(end, end)
  while (!done || results.length < 3) {
    results.push(await again(results.length))
    await setTimeout(50)
  }
  return results
}

/** Every request is signed by a secret that its destination has had. */
function expectAllSigned({ requests }: Receiver, secrets: ReadonlyMap<string, string[]>): void {
  const forged = requests.filter((request) => {
    const known = secrets.get(JSON.parse(request.body).webhook_id)!
    return !known.some((secret) => standardVerifies(request, secret))
  })
  expect(forged).toEqual([])
}

test('rotating the encryption key interrupts neither deliveries nor rotations of signing secrets', async () => {
  await using receiver = await startReceiver()
  await using world = await createWorld({ encryptionKeys: [OLD], worker: false })
  const secrets = new Map<string, string[]>()
  const published: string[] = []
  const load = async (client: GraphqlClient) =>
    void published.push(...(await publishTodos(client, ROUND)))
  const rotateOne = async (client: GraphqlClient, round: number) => {
    const id = [...secrets.keys()][round % DESTINATIONS]!
    secrets.get(id)!.push(await rotate(client, id, OVERLAP))
  }
  for (let count = 0; count < DESTINATIONS; count += 1) {
    const { id, secret } = await activeDestination(world.client, { url: receiver.url })
    secrets.set(id, [secret])
    if (count % 2 === 0) await rotateOne(world.client, count)
  }
  expect(await sealedWith(world)).toEqual({ old: 30 })

  // One process after the other is restarted: some seal with the old key, others with the new one, all open both.
  const before = await world.addProcess({ encryptionKeys: [OLD, NEW] })
  const after = await world.addProcess({ encryptionKeys: [NEW, OLD] })
  const oldFirst = await world.clientFor('Acme', SCOPES, before.url)
  const newFirst = await world.clientFor('Acme', SCOPES, after.url)
  await Promise.all([load(newFirst), rotateOne(oldFirst, 0), rotateOne(newFirst, 1)])
  expect(Object.keys(await sealedWith(world)).sort()).toEqual(['new', 'old'])
  await receivedAll(receiver, published)
  await before.close()

  const running = runReencrypt(world, NEW, OLD)
  const [rounds] = await Promise.all([
    during(running, () => load(newFirst)),
    during(running, (round) => rotateOne(newFirst, round % 4)),
  ])
  const { code, stdout, stderr } = await running
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toMatch(
    /^\d+ signing secrets re-encrypted, \d+ already were, 0 could not be decrypted\.\n$/,
  )
  expect(rounds.length * ROUND * DESTINATIONS).toBeGreaterThanOrEqual(300)
  expect(Object.keys(await sealedWith(world))).toEqual(['new'])
  await receivedAll(receiver, published)
  await after.close()

  const last = await world.addProcess({ encryptionKeys: [NEW] })
  const newAlone = await world.clientFor('Acme', SCOPES, last.url)
  await load(newAlone)
  await receivedAll(receiver, published)
  for (const [id, known] of secrets) expect(await reveal(newAlone, id)).toBe(known.at(-1))
  await expect.poll(() => receiver.requests.length).toBe(published.length * DESTINATIONS)
  expectAllSigned(receiver, secrets)
  const outcomes = () =>
    world.app.ports.db.query(
      'select status, attempt_count as attempts, count(*)::int from delivery group by 1, 2',
    )
  await expect
    .poll(outcomes)
    .toEqual([{ status: 'SUCCEEDED', attempts: 1, count: published.length * DESTINATIONS }])
}, 300_000)

test('a secret that cannot be decrypted is reported and not changed, and all others are re-encrypted once', async () => {
  await using world = await createWorld({ encryptionKeys: [OLD], worker: false })
  const { client } = world
  const { query } = world.app.ports.db
  const [moved, changed, fine] = [
    await inactiveDestination(client),
    await inactiveDestination(client),
    await inactiveDestination(client),
  ]
  const secret = await reveal(client, fine)
  await rotate(client, changed, OVERLAP)
  await query(
    `update signing_secret set current =
      (select current from signing_secret where destination_id = $2) where destination_id = $1`,
    [moved, fine],
  )
  await query(
    `update signing_secret set previous = left(previous, -8) || 'AAAAAAAA' where destination_id = $1`,
    [changed],
  )
  const rows = () =>
    query<{ id: string; current: string; previous: string | null }>(
      'select destination_id as id, current, previous from signing_secret order by 1',
    )
  const before = await rows()
  const marks = await marksOf(world)

  const first = await runReencrypt(world, NEW, OLD)
  expect(first).toMatchObject({ code: 1, stdout: '' })
  expect(first.stderr).toMatch(
    '2 signing secrets re-encrypted, 0 already were, 2 could not be decrypted.\n',
  )
  expect(first.stderr).toContain(`Not changed: the secrets of ${moved}, ${changed}. Add the key`)
  const after = await rows()
  expect(after[0]).toEqual(before[0])
  expect(after[1]?.current).toMatch(/^v1\.new\./)
  expect(after[1]?.previous).toBe(before[1]?.previous)
  expect(after[2]?.current).toMatch(/^v1\.new\./)
  expect(await marksOf(world)).toEqual(marks)

  const again = await runReencrypt(world, NEW, OLD)
  expect(again.stderr).toMatch('0 signing secrets re-encrypted, 2 already were, 2 could not')
  expect(await rows()).toEqual(after)
  const { url } = await world.addProcess({ encryptionKeys: [NEW, OLD], worker: false })
  const both = await world.clientFor('Acme', SCOPES, url)
  await Promise.all([rotate(both, moved, OVERLAP), rotate(both, changed, OVERLAP)])
  expect(await reveal(both, fine)).toBe(secret)
  expect(await runReencrypt(world, NEW)).toEqual({
    code: 0,
    stdout: '0 signing secrets re-encrypted, 4 already were, 0 could not be decrypted.\n',
    stderr: '',
  })
}, 300_000)

test.each([
  ['no keys', '', 'ENCRYPTION_KEYS is not set.'],
  [
    'a sample',
    `main:${Buffer.from('0123456789abcdef'.repeat(2)).toString('base64')}`,
    'ENCRYPTION_KEYS: entry 1 is a text or a sample',
  ],
])('re-encryption with %s is refused as the start is', async (_name, keys, says) => {
  const { code, stderr } = await runProgram(['cli/keys.ts', 'reencrypt'], {
    DATABASE_URL: 'postgres://127.0.0.1:1/none',
    ENCRYPTION_KEYS: keys,
  })
  expect(code).toBe(1)
  expect(stderr).toContain(says)
  expect(stderr).toContain('Create one with: echo "main:$(openssl rand -base64 32)"')
})
