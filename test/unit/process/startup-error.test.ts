import { expect, test } from 'vitest'
import { type Config, ConfigError, loadConfig } from '../../../src/config/config.ts'
import { EXIT_CODES, explainStartupError } from '../../../src/process/startup-error.ts'
import { EmbeddedPostgresError } from '../../../src/storage/embedded-postgres/embedded-postgres-error.ts'
import { MigrationError } from '../../../src/storage/migrations/migrations.ts'

const embedded = loadConfig({ HOST: 'here.example', DATA_DIR: '/var/lib/bigmind' })
const shared: Config = { ...embedded, databaseUrl: 'postgres://user:hunter2@db.example/bigmind' }

const fault = (code: string, more: object = {}) =>
  Object.assign(new Error(`${code} it went wrong`), { code, ...more })

const unknownName = (hostname: string) =>
  Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), {
    code: 'ENOTFOUND',
    syscall: 'getaddrinfo',
    hostname,
  })

const cases: [what: string, error: unknown, config: Config | null, says: string | null][] = [
  ['a fault of the configuration', new ConfigError(['PORT is x.']), null, 'PORT is x.'],
  [
    'PostgreSQL that cannot run',
    new EmbeddedPostgresError('It is in use.'),
    embedded,
    'It is in use.',
  ],
  [
    'a migration that cannot be applied',
    new MigrationError('It is newer.'),
    shared,
    'It is newer.',
  ],
  ['a port in use', fault('EADDRINUSE'), embedded, 'Port 4000 of here.example is in use.'],
  [
    'an address of another machine',
    fault('EADDRNOTAVAIL'),
    embedded,
    'Set HOST to one of its addresses',
  ],
  ['an unknown HOST', unknownName('here.example'), embedded, 'Set HOST to one of its addresses'],
  ['an unknown HOST, with DATABASE_URL', unknownName('here.example'), shared, 'Set HOST'],
  ['an unknown database host', unknownName('db.example'), shared, 'Check DATABASE_URL.'],
  [
    'a database that refuses connections',
    fault('ECONNREFUSED', { syscall: 'connect' }),
    shared,
    'The database cannot be reached: ECONNREFUSED it went wrong. Check DATABASE_URL.',
  ],
  ['a wrong password', fault('28P01'), shared, 'Check DATABASE_URL.'],
  ['a user who may not connect', fault('28000'), shared, 'Check DATABASE_URL.'],
  ['a missing database', fault('3D000'), shared, 'Check DATABASE_URL.'],
  ['a folder that is a file', fault('ENOTDIR'), embedded, '/var/lib/bigmind cannot be used'],
  ['a folder that may not be written', fault('EACCES'), embedded, 'Set DATA_DIR'],
  ['a statement that is wrong', fault('42601'), shared, null],
  [
    'a connection that the embedded database refuses',
    fault('ECONNREFUSED', { syscall: 'connect' }),
    embedded,
    null,
  ],
  ['a bug', new TypeError('x is not a function'), embedded, null],
  ['a thrown text', 'gone', embedded, null],
]

test.each(cases)('%s', (_what, error, config, says) => {
  const { exitCode, sentence } = explainStartupError(error, config)
  if (says === null) expect(sentence).toMatch(/^The service could not start: .* report it/)
  else expect(sentence).toContain(says)
  expect(exitCode === EXIT_CODES.internal).toBe(says === null)
  expect(sentence).not.toContain('hunter2')
})
