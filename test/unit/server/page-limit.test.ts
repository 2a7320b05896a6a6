import { buildSchema, getIntrospectionQuery, parse, validate } from 'graphql'
import { describe, expect, test } from 'vitest'
import { createSchema } from '../../../src/graphql/schema.ts'
import { pageLimitRule } from '../../../src/server/limits/page-limit.ts'

const schema = buildSchema(`
  type Query { things(first: Int = 25, last: Int): Things! thing: Thing }
  type Things { nodes: [Thing!]! }
  type Thing { id: ID! things(first: Int = 25, last: Int): Things! }
`)

const codes = (query: string) =>
  validate(schema, parse(query), [pageLimitRule]).map(({ extensions }) => extensions.code)

const REFUSED = ['QUERY_TOO_COMPLEX']

/** Pages within pages, each with its arguments. */
const pages = (...args: string[]): string =>
  args.reduceRight((inner, one) => `things${one} { nodes { id ${inner} } }`, '')

test('nested pages count with the sizes in the query', () => {
  expect(codes(`{ ${pages('(first: 100)', '(first: 100)')} }`)).toEqual([])
  expect(codes(`{ ${pages('(first: 100)', '(first: 100)', '(first: 2)')} }`)).toEqual(REFUSED)
  expect(codes(`{ ${pages('(first: 1)', '(first: 1)', '(first: 1)', '(first: 1)')} }`)).toEqual([])
})

test('a page without a size counts with the default', () => {
  expect(codes(`{ ${pages('', '', '')} }`)).toEqual([])
  expect(codes(`{ ${pages('', '', '', '')} }`)).toEqual(REFUSED)
})

test('a variable counts as the largest page', () => {
  expect(codes(`query ($n: Int) { ${pages('(first: $n)', '(first: $n)')} }`)).toEqual([])
  expect(
    codes(`query ($n: Int) { ${pages('(first: $n)', '(first: $n)', '(first: $n)')} }`),
  ).toEqual(REFUSED)
})

test('pages from the end count as those from the beginning', () => {
  expect(codes(`{ ${pages('(last: 100)', '(last: 100)')} }`)).toEqual([])
  expect(codes(`{ ${pages('(last: 100)', '(last: 100)', '(last: 2)')} }`)).toEqual(REFUSED)
  const mixed = '(first: 1, last: 100)'
  expect(codes(`{ ${pages(mixed, mixed, mixed)} }`)).toEqual(REFUSED)
  const variable = '(first: 1, last: $n)'
  expect(codes(`query ($n: Int) { ${pages(variable, variable, variable)} }`)).toEqual(REFUSED)
  expect(codes(`{ ${pages('', '(last: null)', '')} }`)).toEqual([])
})

test('a negative page size does not reduce the total', () => {
  expect(codes(`{ ${pages('(first: -1000)', '', '', '', '')} }`)).toEqual(REFUSED)
})

test('fields of fragments count, and a recursive fragment ends', () => {
  const fragment = `fragment Deep on Thing { ${pages('', '', '')} }`
  expect(codes(`{ things { nodes { ...Deep } } } ${fragment}`)).toEqual(REFUSED)
  expect(codes(`{ thing { ...Deep } } ${fragment}`)).toEqual([])
  expect(codes(`{ things { nodes { ... on Thing { ${pages('', '', '')} } } } }`)).toEqual(REFUSED)
  expect(
    codes('{ thing { ...Self } } fragment Self on Thing { things { nodes { ...Self } } }'),
  ).toEqual([])
})

describe('in our schema', () => {
  const rule = (query: string) =>
    validate(createSchema(), parse(query), [pageLimitRule]).map(({ extensions }) => extensions.code)
  const repeated = (count: number, field: string) =>
    `{ ${Array.from({ length: count }, (_, index) => `a${index}: ${field}`).join(' ')} }`
  const events = 'events(first: 100) { nodes { data } }'
  const payloads = 'deliveries(first: 100) { nodes { payload } }'

  test.each([
    ['contents of events, of which each can be a megabyte', events, 1],
    ['contents of events by their ids', 'nodes(ids: $ids) { ... on Event { data } }', 1],
    [
      'contents of events by the ids that stand there',
      'nodes(ids: ["evt_1", "evt_2"]) { ... on Event { data deliveries(first: 50) { nodes { payload } } } }',
      1,
    ],
    ['payloads', `destination(id: "whk_1") { ${payloads} }`, 1],
    [
      'histograms, of which each is a statement',
      'destinations(first: 100) { nodes { attemptHistogram { failed } } }',
      1,
    ],
    [
      'payloads of last attempts, of which each page has as many as destinations',
      'destinations(first: 100) { nodes { lastAttempt { delivery { payload } } } }',
      1,
    ],
    ['keys, of which there can be 1,000', 'apiKeys { id }', 20],
  ])('%s are counted', (_, field, most) => {
    expect(rule(repeated(most, field))).toEqual([])
    expect(rule(repeated(most + 1, field))).toEqual(REFUSED)
  })
})

test('one complete introspection is accepted, and a repeated one is refused', () => {
  expect(codes(getIntrospectionQuery())).toEqual([])
  const all = '{ types { fields { type { fields { name } } } } }'
  const many = Array.from({ length: 49 }, (_, index) => `a${index}: __schema ${all}`)
  expect(codes(`{ __schema ${all} }`)).toEqual([])
  expect(codes(`{ ${many.join(' ')} }`)).toEqual(REFUSED)
  expect(codes(`{ ...Many } fragment Many on Query { ${many.join(' ')} }`)).toEqual(REFUSED)
  expect(codes('{ constructor }')).toEqual([])
})
