import { expect, test } from 'vitest'
import { createGraphqlClient } from '../../src/cli/graphql-client.ts'
import { CreateDestination } from '../helpers/operations.ts'
import { runProgram } from '../helpers/service-process.ts'
import { createWorld } from '../helpers/world.ts'

const create = ['cli/keys.ts', 'create', '--organization', 'Acme', '--name', 'backend', '--scopes']

test('npm run keys prints one key alone on stdout, and the key works', async () => {
  await using world = await createWorld({ worker: false })

  const { code, stdout, stderr } = await runProgram([...create, 'all'], {
    DATABASE_URL: world.databaseUrl,
  })

  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toMatch(/^bmk_\S+\n$/)
  const client = createGraphqlClient({ url: world.url, apiKey: stdout.trim() })
  const input = { name: 'Receiver', url: 'http://127.0.0.1:4001/', events: [] }
  const { destinationCreate } = await client.request(CreateDestination, { input })
  expect(destinationCreate.__typename).toBe('Destination')
})

test('npm run keys says what it needs', async () => {
  const nowhere = await runProgram([...create, 'all'], {})
  expect(nowhere).toMatchObject({ code: 1, stdout: '' })
  expect(nowhere.stderr).toContain('DATABASE_URL is not set.')
  const scope = await runProgram([...create, 'EVERYTHING'], {
    DATABASE_URL: 'postgres://127.0.0.1:1/none',
  })
  expect(scope).toMatchObject({ code: 1, stdout: '' })
  expect(scope.stderr).toContain('There is no scope "EVERYTHING".')
})
