import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { answerOf, KEY, post, startTestServer } from './test-server.ts'

const HEAD = `POST /graphql HTTP/1.1\r\nHost: x\r\nAuthorization: ${KEY}\r\nContent-Type: application/json\r\n`

/** Sends the beginning of a request and then nothing more. @returns what comes back until it is cut off */
async function dawdle(url: string, beginning: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  await once(socket, 'connect')
  socket.write(beginning)
  let text = ''
  socket.on('data', (data) => {
    text += data
  })
  await once(socket, 'close')
  return text
}

test.each([
  ['in the middle of its headers', HEAD],
  ['in the middle of its body', `${HEAD}Content-Length: 100\r\n\r\n{"query":`],
])('a request that stops %s is cut off with 408', async (_, beginning) => {
  const { url } = await startTestServer({ requestTimeoutMs: 100 })
  expect(await dawdle(url, beginning)).toMatch(/^HTTP\/1\.1 408 /)
})

test('an operation that takes longer than its request had time to arrive is answered', async () => {
  const { graphql, world } = await startTestServer({ requestTimeoutMs: 60 })
  const running = post(graphql, { query: '{ slow }' })
  await world.started.promise
  // A later request was cut off meanwhile: the time is over for this one too.
  await dawdle(graphql, HEAD)
  world.finish.resolve()
  expect(await answerOf(running)).toEqual({ data: { slow: 'done' } })
})
