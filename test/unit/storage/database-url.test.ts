import { expect, test } from 'vitest'
import { completeDatabaseUrl, parseDatabaseUrl } from '../../../src/storage/connection/url.ts'

test.each([
  ['postgres://u:p@db/name', { host: 'db', port: 5432 }],
  ['postgresql://u:p%40@db:6000/name', { host: 'db', port: 6000 }],
  ['postgres://[::1]:5433/name', { host: '::1', port: 5433 }],
  ['postgres:///name?host=/run/postgresql', { host: '/run/postgresql', port: 5432 }],
  ['postgres://%2Frun%2Fpostgresql/name', { host: '/run/postgresql', port: 5432 }],
  ['postgres://', { host: 'localhost', port: 5432 }],
])('%s leads to %j', (url, endpoint) => {
  expect(parseDatabaseUrl(url).endpoints[0]).toMatchObject(endpoint)
})

test('several hosts are tried in their order, each with TLS and then without', () => {
  const { endpoints, primaryOnly } = parseDatabaseUrl(
    'postgres://a,b:6000/name?target_session_attrs=read-write',
  )
  const tried = endpoints.map(({ host, port, ssl }) => `${host}:${port}${ssl ? ' TLS' : ''}`)
  expect(tried).toEqual(['a:5432 TLS', 'a:5432', 'b:6000 TLS', 'b:6000'])
  expect(primaryOnly).toBe(true)
})

test('the schema of the URL has that of pg-boss beside it', () => {
  const schemas = (query: string) => {
    const { bossSchema, schema } = parseDatabaseUrl(`postgres://db/name${query}`)
    return [schema, bossSchema]
  }
  expect(schemas('')).toEqual(['public', 'pgboss'])
  expect(schemas('?schema=hooks')).toEqual(['hooks', 'hooks_pgboss'])
})

test('settings that the URL lacks come from the environment', () => {
  const env = { PGHOST: 'env', PGUSER: 'nobody', PGSSLMODE: 'disable', PGPASSWORD: 'a+b &c' }
  const address = parseDatabaseUrl(completeDatabaseUrl('postgres://u@db/name', env))
  expect(address).toMatchObject({ user: 'u', password: 'a+b &c', database: 'name' })
  expect(address.endpoints).toEqual([{ host: 'db', port: 5432, ssl: false }])
  expect(completeDatabaseUrl('postgres://u@db/name', {})).toBe('postgres://u@db/name')
})

test.each([
  ['mysql://db/name', 'not a PostgreSQL URL'],
  ['postgres://db:port/name', 'not a PostgreSQL URL'],
  ['postgres://u:50%@db/name', 'Write a percent sign as %25'],
  ['postgres://a,b,c/name?port=1,2', '3 hosts and 2 ports'],
  ['postgres://db/name?sslmode=always', 'sslmode is "always"; it is disable, allow, prefer'],
  ['postgres://db/name?sslmode=verify-ca', 'needs sslrootcert'],
  ['postgres://db/name?sslmode=require&sslrootcert=system', 'Use sslmode=verify-full'],
  ['postgres://db/name?sslmode=require&sslrootcert=/nowhere.pem', 'cannot be read (ENOENT)'],
  ['postgres://db/name?target_session_attrs=standby', 'the service writes'],
  ['postgres://db/name?schema=My%20Hooks', 'lower-case letters'],
  ['postgres://db/name?service=nobody', 'The service "nobody" is not in'],
])('%s is refused with what to change', (url, says) => {
  const read = () => parseDatabaseUrl(completeDatabaseUrl(url, { HOME: '/nowhere' }))
  expect(read).toThrow(says)
})
