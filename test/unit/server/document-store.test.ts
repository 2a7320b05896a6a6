import { expect, test } from 'vitest'
import { createDocumentStore } from '../../../src/server/documents/document-store.ts'

const LIMITS = {
  bytes: 10_000,
  organizationBytes: 4_000,
  organizationDocuments: 3,
  documentBytes: 3_000,
}

const kept = (store: ReturnType<typeof createDocumentStore>, organization: string) =>
  ['1', '2', '3', '4'].filter((hash) => store.get(organization, hash) !== null).join('')

test('a document is stored for the organization that sent it only', () => {
  const store = createDocumentStore(LIMITS)
  store.add('a', '1', '{ one }')
  expect(store.get('a', '1')).toBe('{ one }')
  expect(store.get('b', '1')).toBeNull()
  expect(store.get('a', '2')).toBeNull()
})

test('an organization that sends too many drops those that it used longest ago', () => {
  const store = createDocumentStore(LIMITS)
  for (const hash of ['1', '2', '3']) store.add('a', hash, '{ x }')
  store.get('a', '1')
  store.add('a', '4', '{ x }')
  expect(kept(store, 'a')).toBe('134')
})

test('an organization above the size limit drops its oldest documents, and equal texts count once', () => {
  const store = createDocumentStore(LIMITS)
  for (const hash of ['1', '1', '1', '2']) store.add('a', hash, 'x'.repeat(500))
  expect(kept(store, 'a')).toBe('12')
  store.add('a', '3', 'x'.repeat(500))
  store.add('a', '4', 'x'.repeat(500))
  expect(kept(store, 'a')).toBe('234')
})

test('a text that is too long is not kept, and drops none', () => {
  const store = createDocumentStore(LIMITS)
  store.add('a', '1', '{ x }')
  store.add('a', '2', 'x'.repeat(1_500))
  expect(kept(store, 'a')).toBe('1')
})

test('no organization drops documents of another one', () => {
  const store = createDocumentStore(LIMITS)
  store.add('a', '1', 'x'.repeat(1_000))
  for (let n = 0; n < 1_000; n++) store.add('b', `${n}`, 'x'.repeat(1_000))
  expect(kept(store, 'a')).toBe('1')
})

test('above the total size limit the organization that was idle longest loses its documents', () => {
  const store = createDocumentStore(LIMITS)
  const send = (organization: string) => store.add(organization, '1', 'x'.repeat(1_000))
  for (const organization of ['a', 'b', 'c', 'd']) send(organization)
  store.get('a', '1')
  send('e')
  expect(['a', 'b', 'c', 'd', 'e'].filter((one) => kept(store, one))).toEqual(['a', 'c', 'd', 'e'])
})
