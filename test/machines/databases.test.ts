import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { expect, onTestFinished } from 'vitest'
import { EXIT_CODES } from '../../src/process/startup-error.ts'
import { completeDatabaseUrl } from '../../src/storage/connection/url.ts'
import { createDatabase as connect } from '../../src/storage/database.ts'
import { migrate } from '../../src/storage/migrations/migrations.ts'
import { startAttemptWriter } from '../helpers/attempt-writer.ts'
import {
  type DebianPostgres,
  debianPostgres,
  startDebianPostgres,
} from '../helpers/debian-postgres.ts'
import { freePort } from '../helpers/free-port.ts'
import { testWhere } from '../helpers/machine.ts'
import { runProgram } from '../helpers/service-process.ts'
import { SILENT } from '../helpers/silent-log.ts'
import { createWorld } from '../helpers/world.ts'

const test = testWhere(debianPostgres)

const certificate = (name: string) =>
  fileURLToPath(new URL(`../fixtures/certificates/${name}`, import.meta.url))

/** Whether the connection of the pool is encrypted. */
async function isEncrypted(url: string): Promise<boolean> {
  const db = connect(url, { log: SILENT })
  try {
    const [row] = await db.query<{ ssl: boolean }>(
      'select ssl from pg_stat_ssl where pid = pg_backend_pid()',
    )
    return row!.ssl
  } finally {
    await db.close()
  }
}

const describeConnection = (url: string) =>
  isEncrypted(url).then(
    (ssl) => (ssl ? 'encrypted' : 'plain'),
    (error: Error) => `refused: ${error.message}`,
  )

async function startWithTls(): Promise<DebianPostgres> {
  const server = await startDebianPostgres()
  const cert = server.file('server.crt', { copyOf: certificate('valid.pem') })
  const key = server.file('server.key', { copyOf: certificate('server.key') })
  const client = new pg.Client({ connectionString: server.url() })
  await client.connect()
  await client.query(`alter system set ssl_cert_file = '${cert}'`)
  await client.query(`alter system set ssl_key_file = '${key}'`)
  await client.query('alter system set ssl = on')
  await client.query('select pg_reload_conf()')
  await expect.poll(() => describeConnection(`${server.url()}?sslmode=require`)).toBe('encrypted')
  await client.end()
  return server
}

test('every sslmode has its meaning of libpq, for servers with and without TLS', async () => {
  const withTls = await startWithTls()
  const without = await startDebianPostgres()
  const ca = `sslrootcert=${certificate('ca.pem')}`
  const other = `sslrootcert=${certificate('weak-ca.pem')}`
  const byName = (server: DebianPostgres) => server.url().replace('127.0.0.1', 'localhost')
  const cases: [query: string, withTls: RegExp, without: RegExp][] = [
    ['', /^encrypted$/, /^plain$/],
    ['sslmode=disable', /^plain$/, /^plain$/],
    ['sslmode=allow', /^plain$/, /^plain$/],
    ['sslmode=prefer', /^encrypted$/, /^plain$/],
    ['sslmode=require', /^encrypted$/, /refused: .*SSL/],
    [`sslmode=require&${ca}`, /^encrypted$/, /refused: .*SSL/],
    [`sslmode=require&${other}`, /refused: .*certificate/, /refused: .*SSL/],
    [`sslmode=verify-ca&${ca}`, /^encrypted$/, /refused: .*SSL/],
    [`sslmode=verify-full&${ca}`, /^encrypted$/, /refused: .*SSL/],
    ['sslmode=verify-full', /refused: .*certificate/, /refused: .*SSL/],
    ['sslrootcert=system', /refused: .*certificate/, /refused: .*SSL/],
  ]
  for (const [query, expectedWith, expectedWithout] of cases) {
    expect(await describeConnection(`${byName(withTls)}?${query}`), query).toMatch(expectedWith)
    expect(await describeConnection(`${byName(without)}?${query}`), query).toMatch(expectedWithout)
  }
  expect((await sentenceOf(`${byName(without)}?sslmode=require`)).sentence).toMatch(
    /^The TLS connection to the database failed: .*Check sslmode/,
  )
})

test('a socket, several hosts of which one is the primary, PG variables and a service file lead to the server', async () => {
  const server = await startDebianPostgres()
  const nobody = await freePort()
  const { folder, port } = server
  const services = server.file(
    'services.conf',
    `[hooks]\nhost=127.0.0.1\nport=${port}\nuser=postgres\ndbname=postgres\n`,
  )
  const ways: [url: string, env: Record<string, string>][] = [
    [`postgres://postgres@/postgres?host=${folder}&port=${port}`, {}],
    [`postgres://postgres@${encodeURIComponent(folder)}:${port}/postgres`, {}],
    [
      `postgres://postgres@127.0.0.1:${nobody},127.0.0.1:${port}/postgres?target_session_attrs=primary`,
      {},
    ],
    [
      'postgres://',
      { PGHOST: folder, PGPORT: String(port), PGUSER: 'postgres', PGDATABASE: 'postgres' },
    ],
    ['postgres://?service=hooks', { PGSERVICEFILE: services }],
    ['postgresql:///postgres', { PGSERVICE: 'hooks', PGSERVICEFILE: services }],
  ]
  for (const [url, env] of ways) {
    expect(await describeConnection(completeDatabaseUrl(url, env)), url).toBe('plain')
  }
})

async function sentenceOf(url: string) {
  const { code, stderr } = await runProgram(['main.ts'], {
    DATABASE_URL: url,
    ENCRYPTION_KEYS: `test:${randomBytes(32).toString('base64')}`,
  })
  return { code, sentence: stderr.trim() }
}

test('missing privileges, missing connections and an encoding other than UTF-8 are reported in a sentence', async () => {
  const server = await startDebianPostgres()
  const client = new pg.Client({ connectionString: server.url() })
  await client.connect()
  onTestFinished(() => client.end())
  await client.query('create role weak login; create role narrow login connection limit 1')
  await client.query('create database hooks')
  await client.query('create database narrow owner narrow')
  await client.query(`create database latin encoding 'LATIN1' locale 'C' template template0`)
  const as = (role: string, database: string) =>
    server.url(database).replace('postgres@', `${role}@`)

  expect(await sentenceOf(as('weak', 'hooks'))).toEqual({
    code: EXIT_CODES.database,
    sentence: expect.stringMatching(
      /^The database role "weak" lacks a right: .*GRANT CONNECT, CREATE ON DATABASE "hooks" TO "weak"; GRANT USAGE, CREATE ON SCHEMA "public" TO "weak"/,
    ),
  })
  await client.query('grant connect, create on database hooks to weak')
  const onHooks = new pg.Client({ connectionString: server.url('hooks') })
  await onHooks.connect()
  await onHooks.query('grant usage, create on schema public to weak').finally(() => onHooks.end())
  await migrate(as('weak', 'hooks'))

  const only = new pg.Client({ connectionString: as('narrow', 'narrow') })
  await only.connect()
  expect(await sentenceOf(as('narrow', 'narrow'))).toEqual({
    code: EXIT_CODES.database,
    sentence: expect.stringMatching(
      /^The database has no connection left for this process: .*CONNECTION LIMIT .*DATABASE_POOL/,
    ),
  })
  await only.end()

  expect(await sentenceOf(server.url('latin'))).toEqual({
    code: EXIT_CODES.database,
    sentence: expect.stringMatching(/encoding LATIN1, .* CREATE DATABASE bigmind ENCODING 'UTF8'/),
  })
})

test('after pg_dump and pg_restore into a new server a subscriber resumes in order and without repetition', async () => {
  const [old, fresh] = [await startDebianPostgres(), await startDebianPostgres()]
  await migrate(old.url())
  const ids: string[] = []
  {
    await using world = await createWorld({ databaseUrl: old.url(), worker: false })
    await using writer = await startAttemptWriter(world, { connections: 2 })
    for (let turn = 0; turn < 12; turn += 1) {
      await writer.record(2, { beforeCommit: () => writer.record(3) })
    }
    const rows = await world.app.ports.db.query<{ id: string }>(
      'select id from delivery_attempt order by recorded_in, delivery_attempt.id',
    )
    ids.push(...rows.map(({ id }) => id))
  }
  const connection = (server: DebianPostgres) => [
    '-h',
    server.folder,
    '-p',
    String(server.port),
    '-U',
    'postgres',
  ]
  const dump = old.run('pg_dump', [...connection(old), '-Fc', 'postgres'])
  fresh.run('pg_restore', [...connection(fresh), '-d', 'postgres', '--clean', '--if-exists'], dump)

  await migrate(fresh.url())
  await using world = await createWorld({ databaseUrl: fresh.url(), worker: false })
  await using writer = await startAttemptWriter(world)
  ids.push(...(await writer.record(3)), ...(await writer.record(2)))
  const { db } = world.app.ports
  const owner = await db.query<{ id: string }>(
    'select organization_id as id from delivery_attempt where id = any($1)',
    [ids.slice(0, 1)],
  )
  const all = {
    organizationId: owner[0]!.id,
    destinationId: null,
    eventTypes: null,
    statuses: null,
  }
  const old60 = ids.slice(0, 60)
  for (const seen of [0, 25, 40]) {
    const { attemptFeed } = world.app.ports
    const stream = attemptFeed.subscribe(all, () =>
      attemptFeed.positionAfter(all.organizationId, old60[seen]!),
    )
    const got: string[] = []
    while (got.length < 60 - seen - 1) got.push((await stream.next()).value!.id)
    await stream.return?.()
    expect(got).toEqual(old60.slice(seen + 1))
  }
  const order = await db.query<{ id: string }>(
    'select id from delivery_attempt order by recorded_in, delivery_attempt.id',
  )
  expect(order.map(({ id }) => id)).toEqual(ids)
})
