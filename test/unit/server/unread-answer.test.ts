import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import { answerOf, KEY, post, startTestServer } from './test-server.ts'

test('the connection of a client that does not read its response is closed', async () => {
  const { url } = await startTestServer({ unreadTimeoutMs: 100 })
  const socket = connect(Number(new URL(url).port), '127.0.0.1').pause()
  onTestFinished(() => void socket.destroy())
  await once(socket, 'connect')
  const body = JSON.stringify({ query: '{ huge }' })
  socket.write(
    `POST /graphql HTTP/1.1\r\nHost: x\r\nAuthorization: ${KEY}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  )
  // The client does not read, so only a failed write reports that the connection is closed.
  const talking = setInterval(() => socket.write('\n'), 10)
  onTestFinished(() => clearInterval(talking))
  const [error] = await once(socket, 'error')
  expect(error).toMatchObject({ code: expect.stringMatching(/^(ECONNRESET|EPIPE)$/) })
})

test('a query that runs longer than that limit is answered', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] })
  onTestFinished(() => void vi.useRealTimers())
  const { graphql, world } = await startTestServer({ unreadTimeoutMs: 50 })
  const running = post(graphql, { query: '{ slow }' })
  await world.started.promise
  vi.advanceTimersByTime(200)
  world.finish.resolve()
  expect(await answerOf(running)).toEqual({ data: { slow: 'done' } })
})
