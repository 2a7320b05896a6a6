import { once } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { loadConfig } from '../../../src/config/config.ts'
import { isAllowedOrigin } from '../../../src/server/http/origin.ts'
import { createWorld } from '../../helpers/world.ts'

test.each([
  ['https://hooks.example.com', 'hooks.example.com'],
  ['https://hooks.example.com', 'hooks.example.com:443'],
  ['http://hooks.example.com', 'HOOKS.example.com:80'],
  ['http://localhost:4000', 'localhost:4000'],
  ['http://[::1]:4000', '[::1]:4000'],
  [undefined, 'hooks.example.com'],
])('a page of %s may open a socket to %s', (origin, host) => {
  expect(isAllowedOrigin({ host, ...(origin && { origin }) })).toBe(true)
})

test.each([
  ['https://evil.example', 'hooks.example.com'],
  ['https://hooks.example.com.evil.example', 'hooks.example.com'],
  ['https://hooks.example.com@evil.example', 'hooks.example.com'],
  ['https://evil.example/hooks.example.com', 'hooks.example.com'],
  ['http://localhost:3000', 'localhost:4000'],
  ['http://127.0.0.1:4000', 'localhost:4000'],
  ['null', 'hooks.example.com'],
  ['', 'hooks.example.com'],
  ['file://', ''],
  ['https://hooks.example.com', undefined],
])('a page of "%s" may not open a socket to %s', (origin, host) => {
  expect(isAllowedOrigin({ origin, ...(host !== undefined && { host }) })).toBe(false)
})

test('a page of a listed origin can open a WebSocket, if the origin is equal', () => {
  const allowed = ['https://app.example.com']
  const from = (origin: string) => isAllowedOrigin({ host: 'hooks.example.com', origin }, allowed)
  expect(from('https://app.example.com')).toBe(true)
  expect(from('http://app.example.com')).toBe(false)
  expect(from('https://app.example.com:8443')).toBe(false)
})

test('ALLOWED_ORIGINS lists the origins that can open WebSockets to the running service', async () => {
  const { allowedOrigins } = loadConfig({ ALLOWED_ORIGINS: 'https://app.example.com' })
  await using world = await createWorld({ worker: false, allowedOrigins })
  const open = async (origin: string) => {
    const address = `${world.url.replace('http', 'ws')}/graphql`
    const socket = new WebSocket(address, 'graphql-transport-ws', { origin })
    onTestFinished(() => socket.terminate())
    return once(socket, 'open').then(
      () => 'open',
      (error: unknown) => String(error),
    )
  }
  expect(await open('https://app.example.com')).toBe('open')
  expect(await open('https://other.example.com')).toContain('403')
})
