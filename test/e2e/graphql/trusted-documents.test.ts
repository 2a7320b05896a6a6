import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startServiceProcess } from '../../helpers/service-process.ts'
import { createWorld } from '../../helpers/world.ts'

test('a service that is started with TRUSTED_DOCUMENTS takes an id in place of a text', async () => {
  await using world = await createWorld({ worker: false })
  const folder = await mkdtemp(join(tmpdir(), 'documents-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const file = join(folder, 'documents.json')
  await writeFile(file, JSON.stringify({ abc: '{ viewer { organization { id } } }' }))
  const { url } = await startServiceProcess(
    {
      DATABASE_URL: world.databaseUrl,
      ENCRYPTION_KEYS: `test:${world.encryptionKey.toString('base64')}`,
      TRUSTED_DOCUMENTS: file,
    },
    'api',
  )
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { authorization: `Bearer ${world.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ documentId: 'abc' }),
  })
  expect(await response.json()).toEqual({
    data: { viewer: { organization: { id: world.organizationId } } },
  })
})
