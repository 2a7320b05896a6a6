import { once } from 'node:events'
import { expect, onTestFinished, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { createWorld, type World } from '../../helpers/world.ts'

const SOCKETS = 200

async function openSocket({ url }: World, key: string, organization?: string) {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
  socket.on('error', () => {})
  onTestFinished(() => socket.terminate())
  const closed = once(socket, 'close').then(([code]) => code as number)
  await once(socket, 'open')
  const payload = { authorization: `Bearer ${key}`, organization, createOrganization: true }
  socket.send(JSON.stringify({ type: 'connection_init', payload }))
  await once(socket, 'message')
  return { socket, closed }
}

test('200 idle sockets that name 200 organizations are checked by one statement, until their key is revoked', async () => {
  await using world = await createWorld({ worker: false })
  const { db } = world.app.ports
  const other = await openSocket(world, world.apiKey)
  const { key } = await world.app.createApiKey(
    { newOrganization: 'Hostile' },
    { name: 'many', scopes: [] },
  )
  const hostile = []
  for (let index = 0; index < SOCKETS; index += 1) {
    hostile.push(await openSocket(world, key, `made-up-${index}`))
  }

  const query = vi.spyOn(db, 'query')
  const texts = () =>
    query.mock.calls.map(([text]) => text).filter((text) => /api_key|organization/.test(text))
  const checks = () => texts().filter((text) => text.includes('any('))
  await expect.poll(() => checks().length, { timeout: 60_000 }).toBeGreaterThan(1)
  expect(texts()).toEqual(checks())
  query.mockRestore()
  expect(await db.query(`select from organization where external_id like 'made-up-%'`)).toEqual([])

  await db.query('update api_key set revoked_at = now() where name = $1', ['many'])
  for (const { closed } of hostile) expect(await closed).toBe(4401)
  expect(other.socket.readyState).toBe(WebSocket.OPEN)
})
