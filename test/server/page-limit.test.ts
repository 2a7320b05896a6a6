import { buildSchema, parse, validate } from 'graphql'
import { expect, test } from 'vitest'
import { pageLimitRule } from '../../src/server/page-limit.ts'

const schema = buildSchema(`
  type Query { things(first: Int = 25): Things! thing: Thing }
  type Things { nodes: [Thing!]! }
  type Thing { id: ID! things(first: Int = 25): Things! }
`)

const codes = (query: string) =>
  validate(schema, parse(query), [pageLimitRule]).map(({ extensions }) => extensions.code)

const REFUSED = ['QUERY_TOO_COMPLEX']

/** Pages within pages, each with its arguments. */
const pages = (...args: string[]): string =>
  args.reduceRight((inner, one) => `things${one} { nodes { id ${inner} } }`, '')

test('pages within pages are counted with what stands in the query', () => {
  expect(codes(`{ ${pages('(first: 100)', '(first: 100)')} }`)).toEqual([])
  expect(codes(`{ ${pages('(first: 100)', '(first: 100)', '(first: 2)')} }`)).toEqual(REFUSED)
  expect(codes(`{ ${pages('(first: 1)', '(first: 1)', '(first: 1)', '(first: 1)')} }`)).toEqual([])
})

test('a page counts with its default when it says nothing', () => {
  expect(codes(`{ ${pages('', '', '')} }`)).toEqual([])
  expect(codes(`{ ${pages('', '', '', '')} }`)).toEqual(REFUSED)
})

test('a variable counts as the largest page', () => {
  expect(codes(`query ($n: Int) { ${pages('(first: $n)', '(first: $n)')} }`)).toEqual([])
  expect(
    codes(`query ($n: Int) { ${pages('(first: $n)', '(first: $n)', '(first: $n)')} }`),
  ).toEqual(REFUSED)
})

test('a negative page does not make the others cheap', () => {
  expect(codes(`{ ${pages('(first: -1000)', '', '', '', '')} }`)).toEqual(REFUSED)
})

test('fragments hide nothing, and one that contains itself ends', () => {
  const fragment = `fragment Deep on Thing { ${pages('', '', '')} }`
  expect(codes(`{ things { nodes { ...Deep } } } ${fragment}`)).toEqual(REFUSED)
  expect(codes(`{ thing { ...Deep } } ${fragment}`)).toEqual([])
  expect(codes(`{ things { nodes { ... on Thing { ${pages('', '', '')} } } } }`)).toEqual(REFUSED)
  expect(
    codes('{ thing { ...Self } } fragment Self on Thing { things { nodes { ...Self } } }'),
  ).toEqual([])
})
