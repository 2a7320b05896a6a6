import { expect, test } from 'vitest'
import { createGraphqlClient } from '../../../src/cli/graphql-client.ts'
import { SCOPES } from '../../../src/domain/api-key.ts'
import { newId } from '../../../src/storage/ids.ts'
import { CreateDestination } from '../../helpers/operations.ts'
import { runProgram } from '../../helpers/service-process.ts'
import { createWorld } from '../../helpers/world.ts'

const createFor = (...owner: string[]) => [
  'cli/keys.ts',
  'create',
  ...owner,
  '--name',
  'backend',
  '--scopes',
]
const create = createFor('--new', 'Acme')

test('npm run keys -- create prints only a working key on stdout', async () => {
  await using world = await createWorld({ worker: false })

  const { code, stdout, stderr } = await runProgram([...create, 'all'], {
    DATABASE_URL: world.databaseUrl,
  })

  expect(code).toBe(0)
  expect(stderr).toMatch(/^The new organization of the key is "Acme" \(org_\w{26}\)\.\n$/)
  expect(stdout).toMatch(/^bmk_\S+\n$/)
  const client = createGraphqlClient({ url: world.url, apiKey: stdout.trim() })
  const input = { name: 'Receiver', url: 'http://127.0.0.1:4001/', events: [] }
  const { destinationCreate } = await client.request(CreateDestination, { input })
  expect(destinationCreate.__typename).toBe('Destination')
})

const platform = ['cli/keys.ts', 'create', '--platform', '--name', 'platform']

test('npm run keys -- create --platform creates a key with the scope EVENTS_PUBLISH by default', async () => {
  await using world = await createWorld({ worker: false })
  const env = { DATABASE_URL: world.databaseUrl }
  const scopesOf = async (key: string) =>
    (
      await world.app.authenticate({
        authorization: `Bearer ${key}`,
        organization: world.organizationId,
      })
    ).viewer?.scopes
  const usual = await runProgram(platform, env)
  expect(usual).toMatchObject({ code: 0, stdout: expect.stringMatching(/^bmk_\S+\n$/) })
  expect(await scopesOf(usual.stdout.trim())).toEqual(new Set(['EVENTS_PUBLISH']))
  const wide = await runProgram([...platform, '--scopes', 'all'], env)
  expect(await scopesOf(wide.stdout.trim())).toEqual(new Set(SCOPES))
  const both = await runProgram([...platform, '--organization', 'Acme'], env)
  expect(both).toMatchObject({ code: 1, stdout: '' })
})

test('npm run keys lists every key with its state, and revokes any key', async () => {
  await using world = await createWorld({ worker: false })
  const env = { DATABASE_URL: world.databaseUrl }
  const key = await world.app.createPlatformKey({ name: 'backend', scopes: ['EVENTS_PUBLISH'] })
  const list = async () => (await runProgram(['cli/keys.ts', 'list'], env)).stdout

  const [headings, newest = '', oldest, end] = (await list()).split('\n')
  expect(headings).toMatch(/^ID +KEY +NAME +ORGANIZATION +SCOPES +LAST USE +STATE$/)
  expect(newest).toMatch(
    /^key_\w+ +bmk_\S{8}… +backend +\(platform\) +EVENTS_PUBLISH +never +valid$/,
  )
  expect(oldest).toContain(`Acme (${world.organizationId})`)
  expect(end).toBe('')
  expect(newest.indexOf('(platform)')).toBe(oldest!.indexOf('Acme'))
  expect(await list()).not.toContain(key.slice(12))

  const id = newest.split(' ')[0]!
  const revoked = await runProgram(['cli/keys.ts', 'revoke', id], env)
  expect(revoked).toEqual({ code: 0, stdout: `${id} is revoked.\n`, stderr: '' })
  expect(await list()).toMatch(new RegExp(`^${id}.* revoked 2\\S+Z$`, 'm'))
  const credentials = { authorization: `Bearer ${key}`, organization: world.organizationId }
  expect((await world.app.authenticate(credentials)).viewer).toBeNull()

  const none = await runProgram(['cli/keys.ts', 'revoke', 'key_none'], env)
  expect(none).toMatchObject({ code: 1, stdout: '' })
  expect(none.stderr).toContain('There is no key "key_none".')
})

test('npm run keys -- create finds an organization by its id or its id in Bigmind, and never by its name', async () => {
  await using world = await createWorld({ worker: false })
  const { prisma } = world.app.ports.db
  const id = newId('org')
  await prisma.organization.create({
    data: { id, name: 'Acme \u009b2J\u202e', externalId: 'acme' },
  })
  const env = { DATABASE_URL: world.databaseUrl }
  for (const organization of [id, 'acme']) {
    const run = await runProgram([...createFor('--organization', organization), 'all'], env)
    const stderr = `The organization of the key is "Acme \\u{9b}2J\\u{202e}" (${id}).\n`
    expect(run).toEqual({ code: 0, stdout: expect.stringMatching(/^bmk_/), stderr })
  }
  expect(await prisma.apiKey.count({ where: { organizationId: id } })).toBe(2)

  const before = await prisma.organization.count()
  const byName = await runProgram([...createFor('--organization', 'Acme'), 'all'], env)
  expect(byName).toMatchObject({ code: 1, stdout: '' })
  expect(byName.stderr).toContain('There is no organization with the id "Acme".')
  expect(byName.stderr).toContain('--new NAME')
  expect(await prisma.organization.count()).toBe(before)

  const { stdout } = await runProgram(['cli/keys.ts', 'organizations'], env)
  expect(stdout).toMatch(new RegExp(`^${id} +acme +Acme \\\\u{9b}2J\\\\u{202e}$`, 'm'))
  const list = await runProgram(['cli/keys.ts', 'list'], env)
  expect(list.stdout).toContain('Acme \\u{9b}2J\\u{202e}')
  expect(stdout + list.stdout).not.toMatch(/[\u009b\u202e]/)

  const verified = await runProgram(['cli/keys.ts', 'verify-audit'], env)
  expect(verified).toMatchObject({ code: 0, stderr: '' })
  expect(verified.stdout).toMatch(
    new RegExp(`^${id}: 2 entries are valid, the last hash is [0-9a-f]{64}$`, 'm'),
  )
  expect(verified.stdout).toMatch(/^2 audit logs are valid\.$/m)
})

test('npm run keys prints its usage with --help, with every scope', async () => {
  const { code, stdout, stderr } = await runProgram(['cli/keys.ts', '--help'], {})
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toMatch(/^Usage: npm run keys -- COMMAND/)
  for (const scope of SCOPES) expect(stdout).toContain(scope)
  for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
})

const DATABASE_URL = 'postgres://127.0.0.1:1/none'

test.each<[args: string[], says: string, env?: Record<string, string>]>([
  [create.slice(1, -1), 'DATABASE_URL is not set.', {}],
  [[], 'No command was given.'],
  [['toString'], 'There is no command "toString".'],
  [['de\u009blete'], 'There is no command "de\\u{9b}lete".'],
  [['create'], 'create needs --organization ID, --new NAME or --platform.'],
  [['list', '--al'], "Unknown option '--al'."],
])('npm run keys -- %j prints the error and where the usage is', async (args, says, env) => {
  const run = await runProgram(['cli/keys.ts', ...args], env ?? { DATABASE_URL })
  expect(run).toMatchObject({ code: 1, stdout: '' })
  const [error, hint, ...more] = run.stderr.split('\n')
  expect(error?.startsWith(says), error).toBe(true)
  expect([hint, ...more]).toEqual(['See: npm run keys -- --help', ''])
})
