import { getIntrospectionQuery } from 'graphql'
import { expect, test } from 'vitest'
import { graphiqlExamples } from '../../../src/server/pages/graphiql-examples.ts'
import { answerOf, post, startTestServer } from './test-server.ts'

const repeat = (count: number, one: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => one(index)).join(' ')

const nested = (depth: number) => `{ ${'friend { '.repeat(depth)} name ${'} '.repeat(depth)} }`

test.each([
  ['deep nesting', nested(20)],
  ['many aliases', `{ ${repeat(60, (index) => `a${index}: viewer`)} }`],
  ['a long text', `{ ${repeat(2_100, () => 'viewer')} }`],
  ['many directives', `{ viewer ${'@include(if: true) '.repeat(60)} }`],
  [
    'fragments that multiply',
    `query { ${repeat(40, () => '...A')} } fragment A on Query { ${repeat(40, () => '...B')} }
     fragment B on Query { ${repeat(40, () => 'friend { name }')} }`,
  ],
])('%s is refused before any resolver runs', async (_what, query) => {
  const { graphql, world } = await startTestServer()
  const response = await post(graphql, { query })
  const { errors } = await answerOf(response)
  expect(errors?.map(({ extensions }) => extensions.code)).toContain('QUERY_TOO_COMPLEX')
  expect(world.resolved).toBe(0)
  const again = await answerOf(post(graphql, { query }))
  expect(again.errors?.map(({ extensions }) => extensions.code)).toContain('QUERY_TOO_COMPLEX')
})

test('the operations of real clients are far below the limits', async () => {
  const { graphql } = await startTestServer()
  const queries = [
    getIntrospectionQuery({ descriptions: true, inputValueDeprecation: true }),
    nested(10),
    ...graphiqlExamples('https://example.com').map(({ query }) => query),
  ]
  for (const query of queries) {
    const { errors = [] } = await answerOf(post(graphql, { query }))
    expect(errors.map(({ extensions }) => extensions.code)).not.toContain('QUERY_TOO_COMPLEX')
  }
})
