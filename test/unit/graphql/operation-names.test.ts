import { readFileSync } from 'node:fs'
import { type DocumentNode, parse } from 'graphql'
import { expect, test } from 'vitest'
import * as demo from '../../../src/cli/demo/operations.ts'
import * as console from '../../../src/console/generated/graphql.ts'
import { graphiqlExamples } from '../../../src/server/pages/graphiql-examples.ts'

/** The operations in the curl commands of a text. */
function operationsOf(file: string): DocumentNode[] {
  const queries = [...readFileSync(file, 'utf8').matchAll(/"query": "([^"]+)"/g)]
  expect(queries.length).toBeGreaterThan(0)
  return queries.map(([, query]) => parse(query!))
}

const documentsIn = (module: object): DocumentNode[] =>
  Object.values(module).filter((one): one is DocumentNode => one?.kind === 'Document')

test('every operation that the console, GraphiQL, the demo and docs/use-the-api.md show has a name of its own', () => {
  const documents = [
    ...documentsIn(console),
    ...documentsIn(demo),
    ...graphiqlExamples('https://example.com').map(({ query }) => parse(query)),
    ...operationsOf('src/console/api/api-page.tsx'),
    ...operationsOf('docs/use-the-api.md'),
  ]
  const names = documents
    .flatMap(({ definitions }) => definitions)
    .flatMap((one) => (one.kind === 'OperationDefinition' ? [one.name?.value] : []))
  expect(names.length).toBeGreaterThan(35)
  expect(names).not.toContain(undefined)
  expect(names.filter((name, place) => names.indexOf(name) !== place)).toEqual([])
})
