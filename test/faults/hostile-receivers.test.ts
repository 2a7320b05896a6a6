import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { expect, onTestFinished, test } from 'vitest'
import { activate, deactivate } from '../helpers/destination-operations.ts'
import { startNameServer } from '../helpers/name-server.ts'
import { activeDestination } from '../helpers/operations.ts'
import { watchMemory } from '../helpers/process-memory.ts'
import { drip, startRawReceiver } from '../helpers/raw-receiver.ts'
import { type Answer, startReceiver } from '../helpers/receiver.ts'
import { createDeployment } from './deployment.ts'
import { extent } from './extent.ts'
import { publishAll } from './publication.ts'

/** Events that each of them is sent while the memory is watched, beyond those that warm up. */
const EVENTS = extent({ short: 10, full: 200 })

/** Bytes that the worker may hold more after them. */
const MORE = 15e6

type Outcome = 'SUCCEEDED' | 'TIMEOUT' | 'CONNECTION' | 'BAD_RESPONSE' | 'REDIRECT' | 'TLS' | 'DNS'

const BOMB = gzipSync(Buffer.alloc(50e6))
const CHUNK = Buffer.alloc(64 * 1024, 'x')

function pour(response: ServerResponse): void {
  let written = 0
  const more = () => {
    while (written < 100e6 && !response.destroyed) {
      written += CHUNK.length
      if (!response.write(CHUNK)) return void response.once('drain', more)
    }
    response.end()
  }
  more()
}

/** A behavior of a receiver below HTTP, and its outcome. */
const raw: Record<string, [Outcome, (socket: Socket) => void]> = {
  'never answers': ['TIMEOUT', () => {}],
  'drips its headers': [
    'TIMEOUT',
    (socket) => {
      socket.write('HTTP/1.1 200 OK\r\nx-slow: ')
      drip(socket, () => 'a')
    },
  ],
  'sends interim responses for ever': [
    'TIMEOUT',
    (socket) => drip(socket, () => 'HTTP/1.1 102 Processing\r\n\r\n'),
  ],
  // The head has decided.
  'drips its body': [
    'SUCCEEDED',
    (socket) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      drip(socket, () => 'x')
    },
  ],
  'cuts its body': [
    'SUCCEEDED',
    (socket) =>
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 90000\r\n\r\nbegun', () => {
        setTimeout(() => socket.resetAndDestroy(), 20)
      }),
  ],
  'has 20 kB of headers': [
    'SUCCEEDED',
    (socket) => socket.end(`HTTP/1.1 200 OK\r\nx-big: ${'a'.repeat(20_000)}\r\n\r\n`),
  ],
  'answers with garbage': ['BAD_RESPONSE', (socket) => socket.write('SSH-2.0-OpenSSH_9.6\r\n')],
  resets: ['CONNECTION', (socket) => socket.resetAndDestroy()],
}

const overHttp: Record<string, [Outcome, Answer]> = {
  'has a body of 100 MB': ['SUCCEEDED', (_request, response) => pour(response)],
  'has a gzip bomb': [
    'SUCCEEDED',
    (_request, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(BOMB),
  ],
  'redirects to itself': ['REDIRECT', { status: 307, headers: { location: '/hook' } }],
}

/** Starts them all. @returns the URL of each, and what comes of a delivery there */
async function hostileReceivers(): Promise<{ kind: string; url: string; outcome: Outcome }[]> {
  const all: { kind: string; url: string; outcome: Outcome }[] = []
  const keep = (kind: string, outcome: Outcome, receiver: AsyncDisposable & { url: string }) => {
    onTestFinished(() => receiver[Symbol.asyncDispose]())
    all.push({ kind, outcome, url: receiver.url })
  }
  for (const [kind, [outcome, behave]] of Object.entries(raw)) {
    keep(kind, outcome, await startRawReceiver(behave))
  }
  for (const [kind, [outcome, answer]] of Object.entries(overHttp)) {
    keep(kind, outcome, await startReceiver({ answers: [answer] }))
  }
  for (const certificate of ['expired', 'wrong-host'] as const) {
    keep(`has a certificate that is ${certificate}`, 'TLS', await startReceiver({ certificate }))
  }
  const url = 'http://hooks.example.com/hook'
  return [...all, { kind: 'has a name that nobody looks up', outcome: 'DNS', url }]
}

const fixture = (file: string) =>
  fileURLToPath(new URL(`../fixtures/certificates/${file}`, import.meta.url))

const nameServers = ['SILENCE', 'SERVFAIL'] as const

test.each(nameServers.slice(0, extent({ short: 1, full: 2 })))(
  `every hostile receiver gets the outcome that the table says, a good one beside them everything, and the memory is flat (name server: %s)`,
  async (answer) => {
    const memory = await watchMemory()
    const names = await startNameServer(answer)
    onTestFinished(() => names[Symbol.asyncDispose]())
    const deployment = await createDeployment()
    const { client, ledger, sql } = deployment
    const preload = fileURLToPath(new URL('name-servers.ts', import.meta.url))
    await deployment.start('worker', {
      NODE_OPTIONS: `${memory.env.NODE_OPTIONS} --import=${preload}`,
      NODE_EXTRA_CA_CERTS: fixture('ca.pem'),
      FAULT_NAME_SERVERS: names.address,
    })
    const good = await deployment.destinations(1)
    const hostile = await hostileReceivers()
    const ids = await Promise.all(
      hostile.map(async ({ url }) => (await activeDestination(client, { url })).id),
    )
    const attempted = async () => {
      const rows = await sql<{ id: string; outcome: Outcome }>(
        `select distinct destination_id as id, coalesce(failure_code, 'SUCCEEDED') as outcome
      from delivery_attempt where destination_id = any($1)`,
        [ids],
      )
      return hostile.map(({ kind }, index) => ({
        kind,
        outcomes: rows.filter(({ id }) => id === ids[index]).map(({ outcome }) => outcome),
      }))
    }
    const table = hostile.map(({ kind, outcome }) => ({ kind, outcomes: [outcome] }))
    const round = async () => {
      const disabled = await sql<{ id: string }>(
        `select id from destination where status = 'DISABLED'`,
      )
      await Promise.all(
        disabled.map(({ id }) => ledger.change(id, 'ACTIVATED', () => activate(client, id))),
      )
      await publishAll(1, { client, ledger, destinationIds: good })
    }

    await round()
    await expect.poll(attempted, { timeout: 30_000, interval: 200 }).toEqual(table)
    const before = await memory.used()
    for (let event = 1; event <= EVENTS; event += 1) await round()
    await expect
      .poll(() => deployment.receiver.requests.length, { timeout: 60_000 })
      .toBe(EVENTS + 1)
    // The retries that wait are no part of it.
    await Promise.all(ids.map((id) => deactivate(client, id)))
    await expect
      .poll(async () => (await memory.used()) - before, { timeout: 30_000, interval: 1_000 })
      .toBeLessThan(MORE)

    const [row] = await sql<{ count: number }>(
      'select count(*)::int as count from delivery_attempt',
    )
    console.log(
      `${row!.count} attempts; ${Math.round(((await memory.used()) - before) / 1e3)} kB more in memory`,
    )
    expect(await attempted()).toEqual(table)
    expect(await ledger.violations()).toEqual([])
  },
  extent({ short: 300_000, full: 600_000 }),
)
