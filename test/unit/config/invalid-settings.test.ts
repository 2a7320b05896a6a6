import { describe, expect, test } from 'vitest'
import { ConfigError } from '../../../src/config/config.ts'
import { faultsOf, jwt, key, shared } from './settings.ts'

const JWT_SECRET = 'what only the host product and we know'

describe('an invalid setting is reported with its name and what is valid', () => {
  const cases: [name: string, env: Record<string, string>, says: string, role?: string][] = [
    [
      'a port out of range',
      { PORT: '70000' },
      'PORT is "70000"; it must be a whole number from 0 to 65535.',
    ],
    ['a port that is not a number', { PORT: 'four' }, 'PORT is "four"'],
    [
      'a database of another kind',
      { ...shared, DATABASE_URL: 'mysql://db' },
      'DATABASE_URL is not a PostgreSQL URL',
    ],
    [
      'an invalid boolean',
      { DELIVERY_ALLOW_HTTP: 'yes' },
      'DELIVERY_ALLOW_HTTP is "yes"; it must be true or false.',
    ],
    ['a proxy without a scheme', { DELIVERY_PROXY: 'proxy:4750' }, 'DELIVERY_PROXY must be'],
    ['a proxy with a path', { DELIVERY_PROXY: 'http://proxy:4750/x' }, 'DELIVERY_PROXY must be'],
    [
      'an invalid denied network',
      { DELIVERY_DENY_NETWORKS: '10.0.0.0/33' },
      'DELIVERY_DENY_NETWORKS',
    ],
    ['an invalid network', { DELIVERY_ALLOW_NETWORKS: '127.0.0.0' }, 'DELIVERY_ALLOW_NETWORKS'],
    [
      'a limit that is not a whole number',
      { PUBLISH_LIMIT_PER_MINUTE: '0.5' },
      'PUBLISH_LIMIT_PER_MINUTE is "0.5"; it must be a whole number from 0 to 1000000000.',
    ],
    ['a negative limit', { MUTATION_LIMIT_PER_MINUTE: '-1' }, 'MUTATION_LIMIT_PER_MINUTE'],
    ...[
      'app.example.com',
      'https://app.example.com/',
      'https://app.example.com/path',
      'https://app.example.com:443',
      'https://App.example.com',
      'https://user@app.example.com',
      'wss://app.example.com',
      'https://*.example.com',
      'null',
      '*',
    ].map((origin): [string, Record<string, string>, string] => [
      `an invalid origin: ${origin}`,
      { ALLOWED_ORIGINS: `https://good.example.com,${origin}` },
      `ALLOWED_ORIGINS has "${origin}"; an origin is a scheme, a host`,
    ]),
    ...['webhooks', '//webhooks', '/web hooks', '/a/../b', '/a//b', '/a?b', '/a"b', '/%61'].map(
      (path): [string, Record<string, string>, string] => [
        `an invalid base path: ${path}`,
        { BASE_PATH: path },
        `BASE_PATH is "${path}"; it must be a path of letters, digits`,
      ],
    ),
    [
      'a base path that the service uses itself',
      { BASE_PATH: '/graphql/webhooks' },
      'BASE_PATH is "/graphql/webhooks", but the service uses /graphql itself.',
    ],
    [
      'a retention of 0 days',
      { RETENTION_DAYS: '0' },
      'RETENTION_DAYS is "0"; it must be a whole number from 1 to 36500.',
    ],
    [
      'a retention that is not a whole number',
      { RETENTION_DAYS: '0.5' },
      'RETENTION_DAYS is "0.5"',
    ],
    [
      'a metrics token that is too short',
      { METRICS_TOKEN: 'secret' },
      'METRICS_TOKEN must have at least 16',
    ],
    [
      'an unknown log level',
      { LOG_LEVEL: 'loud' },
      'LOG_LEVEL is "loud"; it must be one of fatal, error',
    ],
    [
      'a shared database without encryption keys',
      { DATABASE_URL: shared.DATABASE_URL },
      'ENCRYPTION_KEYS is not set.',
    ],
    [
      'a key that is too short',
      { ENCRYPTION_KEYS: 'main:c2hvcnQ=' },
      'ENCRYPTION_KEYS: entry 1 is not',
    ],
    [
      'a key that repeats one byte',
      { ENCRYPTION_KEYS: `${key('a')},b:${'A'.repeat(43)}=` },
      'ENCRYPTION_KEYS: entry 2',
    ],
    [
      'two keys with one name',
      { ENCRYPTION_KEYS: `${key('a')},${key('b').replace('b:', 'a:')}` },
      'two keys named "a"',
    ],
    [
      'one key with two names',
      { ENCRYPTION_KEYS: `${key('a')},${key('a').replace('a:', 'b:')}` },
      '"a" and "b" are the same key',
    ],
    [
      'a disabled check of certificates',
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
      'public keys over http',
      { ...jwt, JWT_JWKS_URL: 'http://app.example.com/jwks.json' },
      'JWT_JWKS_URL must be an https URL',
    ],
    ['a JWT secret that is too short', { ...jwt, JWT_SECRET: 'x'.repeat(31) }, 'JWT_SECRET'],
    [
      'a JWT secret that repeats one character',
      { ...jwt, JWT_SECRET: 'x'.repeat(64) },
      'JWT_SECRET must have at least 32',
    ],
    ['tokens without an issuer', { ...jwt, JWT_ISSUER: '', JWT_SECRET }, 'JWT_ISSUER is not set.'],
    [
      'tokens without an audience',
      { ...jwt, JWT_AUDIENCE: '', JWT_SECRET },
      'JWT_AUDIENCE is not set.',
    ],
    ['an unknown role', {}, 'The role is "boss"; it must be api, worker or all.', 'boss'],
    [
      'the role worker without DATABASE_URL',
      {},
      'DATABASE_URL is not set, and the role "worker" shares',
      'worker',
    ],
    [
      'the role api without DATABASE_URL',
      {},
      'DATABASE_URL is not set, and the role "api" shares',
      'api',
    ],
  ]
  test.each(cases)('%s', (_name, env, says, role) => {
    expect(faultsOf(env, role)).toEqual([expect.stringContaining(says)])
  })
})

test('all invalid settings are reported together, without secrets', () => {
  const env = {
    PORT: 'x',
    DATABASE_URL: 'mysql://user:hunter2@db',
    ENCRYPTION_KEYS: 'bm90LWEta2V5',
    ALLOWED_ORIGINS: 'here',
    PUBLISH_LIMIT_PER_MINUTE: 'x',
    MUTATION_LIMIT_PER_MINUTE: 'x',
    DELIVERY_ALLOW_HTTP: '1',
    DELIVERY_ALLOW_NETWORKS: 'here',
    DELIVERY_DENY_NETWORKS: 'here',
    DELIVERY_PROXY: 'socks://user:hunter2@proxy',
    RETENTION_DAYS: '-1',
    LOG_LEVEL: 'x',
    JWT_SECRET: 'hunter2',
  }
  const faults = faultsOf(env, 'some')
  expect(faults).toHaveLength(16)
  expect(faults.join(' ')).not.toMatch(/hunter2|bm90LWEta2V5/)
  expect(new ConfigError(faults).message).toContain(
    faults.map((fault) => `  - ${fault}`).join('\n'),
  )
})
