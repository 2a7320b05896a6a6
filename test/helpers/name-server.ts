import dgram from 'node:dgram'
import { once } from 'node:events'

/** IPv4 addresses, an error, or no response. */
export type NameServerAnswer = readonly string[] | 'NXDOMAIN' | 'SERVFAIL' | 'SILENCE'

export type RecordType = 'A' | 'AAAA'

export interface NameServer extends AsyncDisposable {
  readonly address: string
  /** The types of the queries, in order. */
  readonly questions: readonly RecordType[]
}

const NO_ERROR = 0
const RESPONSE_CODES = { SERVFAIL: 2, NXDOMAIN: 3 }
const TYPES: Record<number, RecordType> = { 1: 'A', 28: 'AAAA' }
const HEADER_BYTES = 12

/**
 * Starts a real name server on the loopback interface that answers the same for every name.
 *
 * @param answer for both types; a function can give each type its own answer, at a time of its own
 * @param ttl how many seconds the addresses may be used
 */
export async function startNameServer(
  answer: NameServerAnswer | ((type: RecordType) => NameServerAnswer | Promise<NameServerAnswer>),
  ttl = 60,
): Promise<NameServer> {
  const server = dgram.createSocket('udp4')
  const questions: RecordType[] = []
  let closed = false
  server.on('message', async (query, from) => {
    const questionEnd = query.indexOf(0, HEADER_BYTES) + 5
    const type = TYPES[query.readUInt16BE(questionEnd - 4)] ?? 'A'
    questions.push(type)
    const given = typeof answer === 'function' ? await answer(type) : answer
    if (given === 'SILENCE' || closed) return
    const question = query.subarray(0, questionEnd)
    server.send(respond(question, { type, answer: given, ttl }), from.port, from.address)
  })
  server.bind(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    address: `127.0.0.1:${server.address().port}`,
    questions,
    async [Symbol.asyncDispose]() {
      closed = true
      server.close()
    },
  }
}

interface Response {
  type: RecordType
  answer: Exclude<NameServerAnswer, 'SILENCE'>
  ttl: number
}

/** Repeats the question and appends the answer (RFC 1035, section 4). */
function respond(question: Buffer, { type, answer, ttl }: Response): Buffer {
  const message = Buffer.from(question)
  const addresses = typeof answer === 'string' ? [] : answer
  const records = addresses
    .filter((address) => (type === 'AAAA') === address.includes(':'))
    .map((address) => record(type, address, ttl))
  const responseCode = typeof answer === 'string' ? RESPONSE_CODES[answer] : NO_ERROR
  message.writeUInt16BE(0x8180 | responseCode, 2)
  message.writeUInt16BE(1, 4)
  message.writeUInt16BE(records.length, 6)
  message.writeUInt32BE(0, 8)
  return Buffer.concat([message, ...records])
}

/** @param address IPv4, or IPv6 with at most one `::` and no IPv4 part */
function record(type: RecordType, address: string, ttl: number): Buffer {
  const bytes = type === 'A' ? Buffer.from(address.split('.').map(Number)) : ipv6(address)
  const head = Buffer.alloc(12)
  // The name by reference to the question, its type, class IN.
  head.writeUInt16BE(0xc000 | HEADER_BYTES, 0)
  head.writeUInt16BE(type === 'A' ? 1 : 28, 2)
  head.writeUInt16BE(1, 4)
  head.writeUInt32BE(ttl, 6)
  head.writeUInt16BE(bytes.length, 10)
  return Buffer.concat([head, bytes])
}

function ipv6(address: string): Buffer {
  const [before = '', after = ''] = address.split('::')
  const parts = (text: string) => text.split(':').filter((part) => part !== '')
  const zeros = Array(8 - parts(before).length - parts(after).length).fill('0')
  const all = [...parts(before), ...zeros, ...parts(after)]
  return Buffer.from(all.map((part) => part.padStart(4, '0')).join(''), 'hex')
}
