import dgram from 'node:dgram'
import { once } from 'node:events'

/** What the name server does with a query: answers with one IPv4 address, with an error, or not at all. */
export type NameServerAnswer =
  | readonly [number, number, number, number]
  | 'NXDOMAIN'
  | 'SERVFAIL'
  | 'SILENCE'

const NO_ERROR = 0
const RESPONSE_CODES = { SERVFAIL: 2, NXDOMAIN: 3 }
const TYPE_A = 1
const HEADER_BYTES = 12

/** A real name server on the loopback interface that gives each name the same answer. */
export async function startNameServer(
  answer: NameServerAnswer,
): Promise<{ address: string } & AsyncDisposable> {
  const server = dgram.createSocket('udp4')
  server.on('message', (query, from) => {
    if (answer !== 'SILENCE') server.send(respond(query, answer), from.port, from.address)
  })
  server.bind(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    address: `127.0.0.1:${server.address().port}`,
    async [Symbol.asyncDispose]() {
      server.close()
    },
  }
}

/** Repeats the question and appends the answer (RFC 1035, section 4). */
function respond(query: Buffer, answer: Exclude<NameServerAnswer, 'SILENCE'>): Buffer {
  const questionEnd = query.indexOf(0, HEADER_BYTES) + 5
  const message = Buffer.from(query.subarray(0, questionEnd))
  const addressAsked = query.readUInt16BE(questionEnd - 4) === TYPE_A
  const address = typeof answer === 'string' || !addressAsked ? null : answer
  const responseCode = typeof answer === 'string' ? RESPONSE_CODES[answer] : NO_ERROR
  message.writeUInt16BE(0x8180 | responseCode, 2)
  message.writeUInt16BE(1, 4)
  message.writeUInt16BE(address ? 1 : 0, 6)
  message.writeUInt32BE(0, 8)
  if (!address) return message
  // The name by reference to the question, type A, class IN, a minute to live, four bytes.
  return Buffer.concat([
    message,
    Buffer.from([0xc0, HEADER_BYTES, 0, TYPE_A, 0, 1, 0, 0, 0, 60, 0, 4, ...address]),
  ])
}
