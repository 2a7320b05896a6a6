import { createHash, randomBytes } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { ConfigError, loadConfig } from '../../../src/config/config.ts'

const entry = (bytes: Uint8Array) => `main:${Buffer.from(bytes).toString('base64')}`

/** As good as random, and the same in every run. */
const key = (name: string) =>
  `${name}:${createHash('sha256').update(`key of ${name}`).digest('base64')}`

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

test('every setting has its default when no variable is set', () => {
  const { addressPolicy, ...config } = loadConfig({})
  expect(config).toEqual({
    role: 'all',
    poolSize: 16,
    port: 4000,
    host: '127.0.0.1',
    databaseUrl: null,
    dataDir: '.data',
    encryptionKeys: null,
    allowedOrigins: [],
    basePath: '',
    mutationLimits: { publish: 300_000, manage: 30_000 },
    jwt: null,
    retentionDays: 30,
    metricsToken: null,
    traces: null,
    trustedDocumentsFile: null,
    logLevel: 'info',
  })
  expect(addressPolicy).toMatchObject({ allowHttp: false })
})

test('an empty variable counts as not set', () => {
  const names = [
    'PORT',
    'HOST',
    'DATABASE_URL',
    'DATA_DIR',
    'ENCRYPTION_KEYS',
    'DELIVERY_ALLOW_HTTP',
    'ALLOWED_ORIGINS',
    'BASE_PATH',
    'PUBLISH_LIMIT_PER_MINUTE',
    'MUTATION_LIMIT_PER_MINUTE',
  ]
  const more = [
    'DELIVERY_ALLOW_NETWORKS',
    'RETENTION_DAYS',
    'METRICS_TOKEN',
    'LOG_LEVEL',
    ...Object.keys(jwt),
  ]
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
      ENCRYPTION_KEYS: `${key('new')}, ${key('old')}`,
      ALLOWED_ORIGINS: 'https://app.example.com, http://localhost:3000',
      BASE_PATH: '/product/webhooks/',
      PUBLISH_LIMIT_PER_MINUTE: '0',
      MUTATION_LIMIT_PER_MINUTE: '600',
      TRUSTED_DOCUMENTS: '/etc/webhooks/documents.json',
      DELIVERY_ALLOW_HTTP: 'true',
      DELIVERY_ALLOW_NETWORKS: '127.0.0.0/8, ::1/128',
      RETENTION_DAYS: '7',
      METRICS_TOKEN: 'a-token-of-the-operator',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318',
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
    allowedOrigins: ['https://app.example.com', 'http://localhost:3000'],
    basePath: '/product/webhooks',
    mutationLimits: { publish: 0, manage: 600 },
    addressPolicy: { allowHttp: true },
    retentionDays: 7,
    metricsToken: 'a-token-of-the-operator',
    traces: 'http/protobuf',
    trustedDocumentsFile: '/etc/webhooks/documents.json',
    logLevel: 'warn',
  })
  expect(config.jwt).toEqual({
    issuer: 'https://app.example.com',
    audience: 'webhooks',
    keys: { jwksUrl: new URL('https://app.example.com/jwks.json') },
  })
  expect(config.encryptionKeys?.map(({ id }) => id)).toEqual(['new', 'old'])
})

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

describe('a key that can be guessed is refused with a command that creates one', () => {
  const ascending = Uint8Array.from({ length: 32 }, (_, index) => index)
  const samples: Record<string, Uint8Array> = {
    'hex digits': Buffer.from('0123456789abcdef0123456789abcdef'),
    'random hex digits': Buffer.from(randomBytes(16).toString('hex')),
    'a text': Buffer.from('changeme-changeme-to-a-real-key!'),
    'the alphabet': Buffer.from('abcdefghijklmnopqrstuvwxyz012345'),
    'bytes that count up': ascending,
    'bytes that count down': ascending.toReversed(),
    'bytes that count in sevens': ascending.map((byte) => byte * 7),
  }
  test.each(Object.entries(samples))('as an encryption key: %s', (_name, bytes) => {
    expect(bytes).toHaveLength(32)
    expect(faultsOf({ ENCRYPTION_KEYS: entry(bytes) })).toEqual([
      'ENCRYPTION_KEYS: entry 1 is a text or a sample, which can be guessed, not a random key. Create one with: echo "main:$(openssl rand -base64 32)"',
    ])
  })

  test.each([
    'a-string-secret-at-least-256-bits-long',
    'your-256-bit-secret-your-256-bit-secret',
    'CHANGE_ME_BEFORE_YOU_GO_TO_PRODUCTION',
    '0123456789abcdef0123456789abcdef',
    'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ',
  ])('as a secret of tokens: %s', (JWT_SECRET) => {
    expect(faultsOf({ ...jwt, JWT_SECRET })).toEqual([
      'JWT_SECRET is a sample, which can be guessed. Create one with: openssl rand -base64 48',
    ])
  })

  /** What a text shows in the form of an entry of ENCRYPTION_KEYS. */
  const shownIn = (text: string) =>
    [...text.matchAll(/[\w-]{1,32}:[A-Za-z0-9+/_-]{43}=?/g)].map(([shown]) => shown)

  test('no document contains a key that would be accepted', () => {
    const documents = globSync(['*.{md,json,ts,graphql}', 'docs/**/*.*', '.ci/*', 'src/**/*.ts'])
    const shown = documents.flatMap((file) => shownIn(readFileSync(file, 'utf8')))
    expect(documents.length).toBeGreaterThan(100)
    expect(shown.filter((one) => faultsOf({ ENCRYPTION_KEYS: one }).length === 0)).toEqual([])
    expect(shownIn(`export ENCRYPTION_KEYS="${key('a')}"`)).toEqual([key('a')])
  })
})

test('a worker listens only if PORT is set', () => {
  expect(loadConfig(shared, 'worker').port).toBeNull()
  expect(loadConfig(shared, 'api').port).toBe(4000)
  expect(loadConfig({ ...shared, PORT: '9464' }, 'worker').port).toBe(9464)
})

test('the standard variables of OpenTelemetry switch traces on', () => {
  const OTEL_EXPORTER_OTLP_TRACES_ENDPOINT = 'http://collector:4318/v1/traces'
  expect(loadConfig({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT }).traces).toBe('http/protobuf')
  const off = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, OTEL_SDK_DISABLED: 'true' }
  expect(loadConfig(off).traces).toBeNull()
})

test.each([
  [{}, 'http/protobuf'],
  [{ OTEL_EXPORTER_OTLP_PROTOCOL: '' }, 'http/protobuf'],
  [{ OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' }, 'http/json'],
  [
    {
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
      OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/protobuf',
    },
    'http/protobuf',
  ],
])('with %j traces are sent by %s', (variables, protocol) => {
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318', ...variables }
  expect(loadConfig(env).traces).toBe(protocol)
})

test('an unsupported protocol is refused if traces are sent', () => {
  const env = { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }
  expect(faultsOf(env)).toEqual([])
  expect(faultsOf({ ...env, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4317' })).toEqual([
    expect.stringContaining('http/protobuf or http/json'),
  ])
})

test('random keys are accepted', () => {
  for (let round = 0; round < 1_000; round += 1) {
    const bytes = randomBytes(32)
    expect(faultsOf({ ENCRYPTION_KEYS: entry(bytes) })).toEqual([])
    expect(faultsOf({ ...jwt, JWT_SECRET: bytes.toString('hex') })).toEqual([])
  }
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
    RETENTION_DAYS: '-1',
    LOG_LEVEL: 'x',
    JWT_SECRET: 'hunter2',
  }
  const faults = faultsOf(env, 'some')
  expect(faults).toHaveLength(14)
  expect(faults.join(' ')).not.toMatch(/hunter2|bm90LWEta2V5/)
  expect(new ConfigError(faults).message).toContain(
    faults.map((fault) => `  - ${fault}`).join('\n'),
  )
})
