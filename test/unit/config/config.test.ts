import { expect, test } from 'vitest'
import { loadConfig } from '../../../src/config/config.ts'
import { faultsOf, jwt, key, shared } from './settings.ts'

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
    deliveryProxy: null,
    retentionDays: 30,
    auditRetentionDays: 365,
    metricsToken: null,
    metricsListener: null,
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
    'DELIVERY_DENY_NETWORKS',
    'DELIVERY_PROXY',
    'RETENTION_DAYS',
    'METRICS_TOKEN',
    'METRICS_PORT',
    'METRICS_HOST',
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
      DELIVERY_DENY_NETWORKS: '127.0.0.2/32',
      DELIVERY_PROXY: 'http://user:secret@proxy.internal:4750',
      RETENTION_DAYS: '7',
      METRICS_TOKEN: 'a-token-of-the-operator',
      METRICS_PORT: '9464',
      METRICS_HOST: '10.0.0.1',
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
    addressPolicy: { allowHttp: true, denyNetworks: [expect.anything()] },
    deliveryProxy: new URL('http://user:secret@proxy.internal:4750'),
    retentionDays: 7,
    metricsToken: 'a-token-of-the-operator',
    metricsListener: { host: '10.0.0.1', port: 9464 },
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
