import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

test('the image runs as a user by number, which Kubernetes can check for runAsNonRoot', () => {
  const dockerfile = readFileSync(new URL('../../Dockerfile', import.meta.url), 'utf8')
  const users = [...dockerfile.matchAll(/^USER (.+)$/gm)].map(([, user]) => user)
  expect(users.at(-1)).toMatch(/^[1-9]\d*:[1-9]\d*$/)
})
