import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { deliveryOf, deliveryStands, publishTodos } from '../../helpers/delivery-operations.ts'
import { activeDestination } from '../../helpers/operations.ts'
import { type Answer, startReceiver } from '../../helpers/receiver.ts'
import { createWorld } from '../../helpers/world.ts'

/** "エラー" */
const SHIFT_JIS = Buffer.from('83478389815b', 'hex')

const answer =
  (headers: Record<string, string>, body: Buffer): Answer =>
  (_request, response) =>
    response.writeHead(200, headers).end(body)

test('the history shows what receivers answered in their own charsets, compressed, or not as text', async () => {
  await using world = await createWorld()
  const { client } = world
  const shiftJis = 'text/html; charset=Shift_JIS'
  const answers: [Answer, string][] = [
    [answer({ 'content-type': shiftJis }, SHIFT_JIS), 'エラー'],
    [
      answer({ 'content-type': shiftJis, 'content-encoding': 'gzip' }, gzipSync(SHIFT_JIS)),
      'エラー',
    ],
    [answer({ 'content-type': 'image/png' }, Buffer.alloc(70)), '70 bytes of image/png'],
  ]
  await using receiver = await startReceiver()
  await activeDestination(client, { url: receiver.url })
  for (const [index, [given, expected]] of answers.entries()) {
    receiver.answerWith(given)
    await publishTodos(client, 1)
    const id = deliveryOf(await receiver.request(index + 1))
    const { attempts } = await deliveryStands(client, id, { status: 'SUCCEEDED' })
    expect(attempts).toMatchObject([{ responseBody: expected }])
  }
})
