import { describe, expect, test } from 'vitest'
import { ConfigError, loadConfig } from '../src/config.ts'

const key = (name: string, byte = 0) =>
  `${name}:${Buffer.from(Array.from({ length: 32 }, (_, index) => (index * 7 + byte) % 256)).toString('base64')}`

const shared = {
  DATABASE_URL: 'postgres://user:secret@db:5432/bigmind',
  ENCRYPTION_KEYS: key('main'),
}

const jwt = { JWT_ISSUER: 'https://app.example.com', JWT_AUDIENCE: 'webhooks' }
const JWT_SECRET = 'what only the host product and we know'

function faultsOf(env: Record<string, string>, role?: string): readonly string[] {
  try {
    loadConfig(env, role)
  } catch (error) {
    if (error instanceof ConfigError) return error.faults
    throw error
  }
  return []
}

test('without any variable everything has its default', () => {
  const { addressPolicy, ...config } = loadConfig({})
  expect(config).toEqual({
    role: 'all',
    port: 4000,
    host: '127.0.0.1',
    databaseUrl: null,
    dataDir: '.data',
    encryptionKeys: null,
    jwt: null,
    retentionDays: 30,
    logLevel: 'info',
  })
  expect(addressPolicy).toMatchObject({ allowHttp: false })
})

test('an empty variable counts as one that is not set', () => {
  const names = [
    'PORT',
    'HOST',
    'DATABASE_URL',
    'DATA_DIR',
    'ENCRYPTION_KEYS',
    'DELIVERY_ALLOW_HTTP',
  ]
  const more = ['DELIVERY_ALLOW_NETWORKS', 'RETENTION_DAYS', 'LOG_LEVEL', ...Object.keys(jwt)]
  const empty = Object.fromEntries([...names, ...more].map((name) => [name, '']))
  expect(loadConfig(empty)).toEqual(loadConfig({}))
})

test('every variable is read', () => {
  const config = loadConfig(
    {
      PORT: '0',
      HOST: '::',
      DATABASE_URL: 'postgresql://db/bigmind',
      DATA_DIR: '/var/lib/bigmind',
      ENCRYPTION_KEYS: `${key('new')}, ${key('old', 1)}`,
      DELIVERY_ALLOW_HTTP: 'true',
      DELIVERY_ALLOW_NETWORKS: '127.0.0.0/8, ::1/128',
      RETENTION_DAYS: '7',
      LOG_LEVEL: 'warn',
      ...jwt,
      JWT_JWKS_URL: 'https://app.example.com/jwks.json',
    },
    'worker',
  )
  expect(config).toMatchObject({
    role: 'worker',
    port: 0,
    host: '::',
    databaseUrl: 'postgresql://db/bigmind',
    dataDir: '/var/lib/bigmind',
    addressPolicy: { allowHttp: true },
    retentionDays: 7,
    logLevel: 'warn',
  })
  expect(config.jwt).toEqual({
    issuer: 'https://app.example.com',
    audience: 'webhooks',
    keys: { jwksUrl: new URL('https://app.example.com/jwks.json') },
  })
  expect(config.encryptionKeys?.map(({ id }) => id)).toEqual(['new', 'old'])
})

describe('a fault is named with its variable and what would be right', () => {
  const cases: [name: string, env: Record<string, string>, says: string, role?: string][] = [
    [
      'a port that is none',
      { PORT: '70000' },
      'PORT is "70000"; it is a whole number from 0 to 65535.',
    ],
    ['a port in words', { PORT: 'four' }, 'PORT is "four"'],
    [
      'a database of another kind',
      { ...shared, DATABASE_URL: 'mysql://db' },
      'DATABASE_URL is not a PostgreSQL URL',
    ],
    [
      'a boolean that is none',
      { DELIVERY_ALLOW_HTTP: 'yes' },
      'DELIVERY_ALLOW_HTTP is "yes"; it is true or false.',
    ],
    ['a network that is none', { DELIVERY_ALLOW_NETWORKS: '127.0.0.0' }, 'DELIVERY_ALLOW_NETWORKS'],
    [
      'no retention',
      { RETENTION_DAYS: '0' },
      'RETENTION_DAYS is "0"; it is a whole number from 1 to 36500.',
    ],
    ['half a day', { RETENTION_DAYS: '0.5' }, 'RETENTION_DAYS is "0.5"'],
    [
      'a level that is none',
      { LOG_LEVEL: 'loud' },
      'LOG_LEVEL is "loud"; it is one of fatal, error',
    ],
    [
      'a shared database without keys',
      { DATABASE_URL: shared.DATABASE_URL },
      'ENCRYPTION_KEYS is not set.',
    ],
    [
      'a key that is too short',
      { ENCRYPTION_KEYS: 'main:c2hvcnQ=' },
      'ENCRYPTION_KEYS: entry 1 is not',
    ],
    [
      'a key of one byte over and over',
      { ENCRYPTION_KEYS: `${key('a')},b:${'A'.repeat(43)}=` },
      'ENCRYPTION_KEYS: entry 2',
    ],
    [
      'two keys of one name',
      { ENCRYPTION_KEYS: `${key('a')},${key('a', 1)}` },
      'two keys named "a"',
    ],
    [
      'certificates unchecked',
      { NODE_TLS_REJECT_UNAUTHORIZED: '0' },
      'NODE_TLS_REJECT_UNAUTHORIZED=0',
    ],
    ['tokens without keys', jwt, 'Neither JWT_JWKS_URL nor JWT_SECRET is set.'],
    [
      'tokens with two kinds of keys',
      { ...jwt, JWT_SECRET, JWT_JWKS_URL: 'https://app.example.com/jwks.json' },
      'JWT_JWKS_URL and JWT_SECRET are both set.',
    ],
    [
      'keys of tokens that come unprotected',
      { ...jwt, JWT_JWKS_URL: 'http://app.example.com/jwks.json' },
      'JWT_JWKS_URL is not an https URL',
    ],
    ['a secret of tokens that is too short', { ...jwt, JWT_SECRET: 'x'.repeat(31) }, 'JWT_SECRET'],
    ['a secret of one character', { ...jwt, JWT_SECRET: 'x'.repeat(64) }, 'JWT_SECRET is not 32'],
    ['tokens of anyone', { ...jwt, JWT_ISSUER: '', JWT_SECRET }, 'JWT_ISSUER is not set.'],
    ['tokens for anyone', { ...jwt, JWT_AUDIENCE: '', JWT_SECRET }, 'JWT_AUDIENCE is not set.'],
    ['a role that is none', {}, 'The role is "boss"; it is api, worker or all.', 'boss'],
    [
      'a worker alone without a database',
      {},
      'DATABASE_URL is not set: the role "worker" shares',
      'worker',
    ],
    [
      'an api alone without a database',
      {},
      'DATABASE_URL is not set: the role "api" shares',
      'api',
    ],
  ]
  test.each(cases)('%s', (_name, env, says, role) => {
    expect(faultsOf(env, role)).toEqual([expect.stringContaining(says)])
  })
})

test('all faults are named at once, and none repeats a secret', () => {
  const env = {
    PORT: 'x',
    DATABASE_URL: 'mysql://user:hunter2@db',
    ENCRYPTION_KEYS: 'bm90LWEta2V5',
    DELIVERY_ALLOW_HTTP: '1',
    DELIVERY_ALLOW_NETWORKS: 'here',
    RETENTION_DAYS: '-1',
    LOG_LEVEL: 'x',
    JWT_SECRET: 'hunter2',
  }
  const faults = faultsOf(env, 'some')
  expect(faults).toHaveLength(11)
  expect(faults.join(' ')).not.toMatch(/hunter2|bm90LWEta2V5/)
  expect(new ConfigError(faults).message).toContain(
    faults.map((fault) => `  - ${fault}`).join('\n'),
  )
})
