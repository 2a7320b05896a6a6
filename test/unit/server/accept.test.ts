import { expect, test } from 'vitest'
import { hasParameter, preferred } from '../../../src/server/http/accept.ts'

test.each([
  ['*/*', 'a/json'],
  ['a/*', 'a/json'],
  ['a/graph, a/json', 'a/graph'],
  ['a/json, a/graph', 'a/json'],
  ['a/json;q=0.9, a/graph', 'a/graph'],
  ['a/json; q=0.9 , */*;q=0.8', 'a/json'],
  ['a/json;q=0, a/graph', 'a/graph'],
  ['a/json;q=0, */*', 'a/graph'],
  ['A/JSON; charset=UTF-8', 'a/json'],
  ['a/json; charset="utf-8"', 'a/json'],
  ['a/json;charset=latin1, a/graph;q=0.1', 'a/graph'],
  ['a/json;q=0, a/json;x=1', 'a/json'],
  ['a/json;q=nonsense', null],
  ['text/html', null],
  ['', null],
  ['a/json;q=0', null],
])('of the types a/json and a/graph the header "%s" prefers %s', (header, type) => {
  expect(preferred(header, ['a/json', 'a/graph'])).toBe(type)
})

test.each([
  ['gzip, deflate, br', 'gzip'],
  ['br;q=1.0, gzip;q=0.8, *;q=0.1', 'br'],
  ['gzip;q=0, *', 'br'],
  ['*', 'br'],
  ['identity', null],
  ['xgzip', null],
])('of the encodings br and gzip the header "%s" prefers %s', (header, encoding) => {
  expect(preferred(header, ['br', 'gzip'])).toBe(encoding)
})

test.each([
  ['multipart/mixed;boundary=graphql;subscriptionSpec=1.0,application/json', true],
  ['application/json, multipart/mixed; subscriptionSpec="1.0"', true],
  ['multipart/mixed;deferSpec=20220824, application/json', false],
  ['multipart/mixed;subscriptionSpec=2.0', false],
])('whether "%s" asks for version 1.0 of the protocol: %s', (header, asks) => {
  expect(hasParameter(header, 'multipart/mixed', 'subscriptionSpec=1.0')).toBe(asks)
})
