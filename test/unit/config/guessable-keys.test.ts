import { randomBytes } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { faultsOf, jwt, key } from './settings.ts'

const entry = (bytes: Uint8Array) => `main:${Buffer.from(bytes).toString('base64')}`

describe('a key that can be guessed is refused with a command that creates one', () => {
  const ascending = Uint8Array.from({ length: 32 }, (_, index) => index)
  const samples: Record<string, Uint8Array> = {
    'hex digits': Buffer.from('0123456789abcdef0123456789abcdef'),
    'random hex digits': Buffer.from(randomBytes(16).toString('hex')),
    'a text': Buffer.from('changeme-changeme-to-a-real-key!'),
    'the alphabet': Buffer.from('abcdefghijklmnopqrstuvwxyz012345'),
    'bytes that count up': ascending,
    'bytes that count down': ascending.toReversed(),
    'bytes that count in sevens': ascending.map((byte) => byte * 7),
  }
  test.each(Object.entries(samples))('as an encryption key: %s', (_name, bytes) => {
    expect(bytes).toHaveLength(32)
    expect(faultsOf({ ENCRYPTION_KEYS: entry(bytes) })).toEqual([
      'ENCRYPTION_KEYS: entry 1 is a text or a sample, which can be guessed, not a random key. Create one with: echo "main:$(openssl rand -base64 32)"',
    ])
  })

  test.each([
    'a-string-secret-at-least-256-bits-long',
    'your-256-bit-secret-your-256-bit-secret',
    'CHANGE_ME_BEFORE_YOU_GO_TO_PRODUCTION',
    '0123456789abcdef0123456789abcdef',
    'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ',
  ])('as a secret of tokens: %s', (JWT_SECRET) => {
    expect(faultsOf({ ...jwt, JWT_SECRET })).toEqual([
      'JWT_SECRET is a sample, which can be guessed. Create one with: openssl rand -base64 48',
    ])
  })

  /** Returns the parts of a text that have the form of an entry of ENCRYPTION_KEYS. */
  const shownIn = (text: string) =>
    [...text.matchAll(/[\w-]{1,32}:[A-Za-z0-9+/_-]{43}=?/g)].map(([shown]) => shown)

  test('no document contains a key that would be accepted', () => {
    const documents = globSync(['*.{md,json,ts,graphql}', 'docs/**/*.*', '.ci/*', 'src/**/*.ts'])
    const shown = documents.flatMap((file) => shownIn(readFileSync(file, 'utf8')))
    expect(documents.length).toBeGreaterThan(100)
    expect(shown.filter((one) => faultsOf({ ENCRYPTION_KEYS: one }).length === 0)).toEqual([])
    expect(shownIn(`export ENCRYPTION_KEYS="${key('a')}"`)).toEqual([key('a')])
  })
})

test('random keys are accepted', () => {
  for (let round = 0; round < 1_000; round += 1) {
    const bytes = randomBytes(32)
    expect(faultsOf({ ENCRYPTION_KEYS: entry(bytes) })).toEqual([])
    expect(faultsOf({ ...jwt, JWT_SECRET: bytes.toString('hex') })).toEqual([])
  }
})
