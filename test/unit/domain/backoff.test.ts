import { expect, test } from 'vitest'
import { MAX_ATTEMPTS, retryDelay } from '../../../src/domain/backoff.ts'

test.each([
  { attempt: 1, delay: 2 },
  { attempt: 2, delay: 4 },
  { attempt: 3, delay: 8 },
  { attempt: 4, delay: 16 },
  { attempt: 5, delay: 32 },
  { attempt: 6, delay: null },
  { attempt: 7, delay: null },
])('failed attempt $attempt is retried after $delay seconds', ({ attempt, delay }) => {
  expect(retryDelay(attempt)).toBe(delay)
})

test('the last attempt is the sixth', () => {
  expect(MAX_ATTEMPTS).toBe(6)
})
