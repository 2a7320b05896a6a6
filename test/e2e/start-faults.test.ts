import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { createDatabase } from '../helpers/database.ts'
import { listen } from '../helpers/open-sockets.ts'
import { runProgram } from '../helpers/service-process.ts'

test.each(['--help', '-h'])('%s prints how to start it, and starts nothing', async (option) => {
  const { code, stdout, stderr } = await runProgram(['main.ts', option], {})
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toMatch(/^npm start \[-- ROLE\]\n/)
  for (const role of ['all', 'api', 'worker']) expect(stdout).toContain(`\n  ${role} `)
})

async function sharedDatabase() {
  const { url } = await createDatabase()
  return {
    DATABASE_URL: url,
    ENCRYPTION_KEYS: `test:${randomBytes(32).toString('base64')}`,
  }
}

/** Runs a start that cannot succeed. @returns the one sentence that it says */
async function sentenceOf(env: Record<string, string>, role = 'all'): Promise<string> {
  const { code, stderr } = await runProgram(['main.ts', role], env)
  expect(code).toBe(1)
  expect(stderr.trim().split('\n')).toHaveLength(1)
  return stderr.trim()
}

test('a port in use is said in a sentence', async () => {
  const server = createServer()
  const port = await listen(server, '127.0.0.1')
  const says = await sentenceOf({ ...(await sharedDatabase()), PORT: String(port) })
  expect(says).toBe(
    `Port ${port} of 127.0.0.1 is in use. Set PORT to another one, or stop what uses it.`,
  )
  server.close()
})

test.each(['192.0.2.1', 'no-such-host.invalid'])(
  'the HOST %s is refused in a sentence',
  async (host) => {
    const says = await sentenceOf({ ...(await sharedDatabase()), HOST: host })
    expect(says).toMatch(`${host} is no address of this machine. Set HOST to one that is`)
  },
)

test.each(['all', 'worker'])(
  'a database that cannot be reached is said in a sentence (%s)',
  async (role) => {
    const server = createServer()
    const port = await listen(server, '127.0.0.1')
    server.close()
    await once(server, 'close')
    const env = await sharedDatabase()
    const says = await sentenceOf(
      { ...env, DATABASE_URL: `postgres://u:hunter2@127.0.0.1:${port}/x` },
      role,
    )
    expect(says).toMatch(
      /^The database cannot be reached: .*ECONNREFUSED.*\. Check DATABASE_URL\.$/,
    )
    expect(says).not.toContain('hunter2')
  },
)

test('a database that does not exist, and a password that is wrong, are said in a sentence', async () => {
  const env = await sharedDatabase()
  const without = new URL(env.DATABASE_URL)
  without.pathname = '/no_such_database'
  expect(await sentenceOf({ ...env, DATABASE_URL: without.href })).toMatch('"no_such_database"')
  const wrong = new URL(env.DATABASE_URL)
  wrong.password = 'hunter2'
  const says = await sentenceOf({ ...env, DATABASE_URL: wrong.href })
  expect(says).toMatch(/cannot be reached: .*Check DATABASE_URL\.$/)
  expect(says).not.toContain('hunter2')
})

test('a folder that is none is said in a sentence', async () => {
  expect(await sentenceOf({ DATA_DIR: '/dev/null/data' })).toMatch(
    /^\/dev\/null\/data cannot be used/,
  )
})

test.each([
  ['no encryption key', '', 'ENCRYPTION_KEYS is not set.'],
  ['a short one', 'main:c2hvcnQ=', 'ENCRYPTION_KEYS: entry 1 is not "name:base64 of 32 random'],
  [
    'a sample of one',
    `main:${Buffer.from('0123456789abcdef'.repeat(2)).toString('base64')}`,
    'ENCRYPTION_KEYS: entry 1 is a text or a sample',
  ],
])('over a shared database the service does not start with %s', async (_name, keys, says) => {
  const env = { ...(await sharedDatabase()), ENCRYPTION_KEYS: keys }
  const { code, stderr } = await runProgram(['main.ts'], env)
  expect(code).toBe(1)
  expect(stderr).toContain(says)
  expect(stderr).toContain('Make one with: echo "main:$(openssl rand -base64 32)"')
  expect(stderr).not.toMatch(/c2hvcnQ|MDEyMzQ1/)
})
