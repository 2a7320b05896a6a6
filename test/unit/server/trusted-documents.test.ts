import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { readTrustedDocuments } from '../../../src/server/documents/trusted-documents.ts'
import { answerOf, KEY, post, startTestServer } from './test-server.ts'

async function fileOf(content: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'documents-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const file = join(folder, 'documents.json')
  await writeFile(file, content)
  return file
}

const QUERY = '{ viewer }'
const DATA = { data: { viewer: 'org_1' } }

test.each([
  ['GraphQL Code Generator and Relay', { abc: QUERY }],
  [
    'Apollo',
    {
      format: 'apollo-persisted-query-manifest',
      version: 1,
      operations: [{ id: 'abc', name: 'Viewer', type: 'query', body: QUERY }],
    },
  ],
])('the file of %s is read', async (_, content) => {
  const file = await fileOf(JSON.stringify(content))
  expect([...(await readTrustedDocuments(file))]).toEqual([['abc', QUERY]])
})

test.each(['', '[]{}', '{"abc":7}', '{"abc":"{ viewer"}', '{"operations":[{"id":"abc"}]}'])(
  'the file %j is refused with a sentence',
  async (content) => {
    const file = await fileOf(content)
    await expect(readTrustedDocuments(file)).rejects.toThrow(`The trusted documents in ${file}`)
  },
)

test('a file that is not there is refused with a sentence', async () => {
  await expect(readTrustedDocuments('/nowhere.json')).rejects.toThrow('cannot be used: ENOENT')
})

test('a trusted document is executed by its id in every form that clients send', async () => {
  const { graphql } = await startTestServer({ trustedDocuments: new Map([['abc', QUERY]]) })
  const persistedQuery = { version: 1, sha256Hash: 'abc' }
  expect(await answerOf(post(graphql, { documentId: 'abc' }))).toEqual(DATA)
  expect(await answerOf(post(graphql, { documentId: 'sha256:abc' }))).toEqual(DATA)
  expect(await answerOf(post(graphql, { extensions: { persistedQuery } }))).toEqual(DATA)
  const get = (search: string) =>
    answerOf(fetch(`${graphql}?${search}`, { headers: { authorization: KEY } }))
  expect(await get('documentId=sha256:abc')).toEqual(DATA)
  expect(await get(`extensions=${JSON.stringify({ persistedQuery })}`)).toEqual(DATA)
})

test('an id that is not in the list is refused so that clients send the text, which is accepted', async () => {
  const { graphql } = await startTestServer({ trustedDocuments: new Map([['abc', QUERY]]) })
  expect(await answerOf(post(graphql, { documentId: 'other' }))).toMatchObject({
    errors: [{ extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } }],
  })
  expect(await answerOf(post(graphql, { query: QUERY, documentId: 'other' }))).toEqual(DATA)
})

test('a trusted document requires a key like any other document', async () => {
  const { graphql } = await startTestServer({ trustedDocuments: new Map([['abc', QUERY]]) })
  expect(await answerOf(post(graphql, { documentId: 'abc' }, {}))).toMatchObject({
    errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
  })
})
