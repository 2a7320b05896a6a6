import { createHmac } from 'node:crypto'
import { buildSchema, parse, validate } from 'graphql'
import { Webhook } from 'standardwebhooks'
import { expect, test } from 'vitest'
import { blocksOf, DOCUMENTS, read } from './document.ts'

const blocks = DOCUMENTS.flatMap(blocksOf)

test('every GraphQL operation in the documents is valid', () => {
  const schema = buildSchema(read('schema.graphql'))
  const shown = [
    ...blocks.filter(({ language }) => language === 'graphql').map(({ text }) => text),
    ...blocks.flatMap(({ text }) =>
      [...text.matchAll(/"query": "([^"]+)"/g)].map(([, query]) => query!),
    ),
  ]
  expect(shown.length).toBeGreaterThan(2)
  expect(shown.flatMap((text) => validate(schema, parse(text)))).toEqual([])
})

test('the signatures of the request in README.md verify with the secret that it names', () => {
  const { text } = blocksOf('README.md').find(({ language }) => language === 'http')!
  const [head = '', body = ''] = text.trimEnd().split('\n\n')
  const lines = head.split('\n').slice(1)
  const headers = Object.fromEntries(
    lines.map((line) => {
      const [name = '', value = ''] = line.split(': ')
      return [name.toLowerCase(), value]
    }),
  )
  const [, secret = ''] = /`(wsec_\w+)`/.exec(read('README.md')) ?? []

  expect(headers['content-length']).toBe(String(Buffer.byteLength(body)))
  expect(headers['x-webhook-signature']).toBe(
    createHmac('sha256', secret).update(body).digest('hex'),
  )
  const webhook = new Webhook(secret, { format: 'raw' })
  const [, expected] = webhook
    .sign(headers['webhook-id']!, new Date(Number(headers['webhook-timestamp']) * 1_000), body)
    .split(',')
  expect(headers['webhook-signature']).toBe(`v1,${expected}`)
})
