import net from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { isAllowed } from '../../src/domain/address.ts'
import { extent } from '../faults/extent.ts'
import cases from '../fixtures/ssrf-cases.json' with { type: 'json' }
import { trustTestAuthority } from '../helpers/certificates.ts'
import { deliveryStands, SendTest } from '../helpers/delivery-operations.ts'
import { inactiveDestination, UpdateDestination } from '../helpers/destination-operations.ts'
import { listen, type OpenSockets, watchSockets } from '../helpers/open-sockets.ts'
import { CreateDestination } from '../helpers/operations.ts'
import { ask } from '../helpers/raw-operation.ts'
import { startReceiver } from '../helpers/receiver.ts'
import { type ShutDoor, shutDoor } from '../helpers/shut-door.ts'
import { strictPolicy } from '../helpers/webhook-client.ts'
import { createWorld, type World } from '../helpers/world.ts'

/** The answers of a name server that an attacker controls. */
const names = new Map<string, () => readonly string[]>()
for (const { url, dns } of cases) {
  if (dns) names.set(new URL(url).hostname, () => dns)
}

/** Deliveries to a name that changes, a multiple of 100. */
const DELIVERIES = extent({ short: 300, full: 1_000 })

interface Canary extends Pick<OpenSockets, 'accepted' | 'close'> {
  port: number
}

/** Listens where nothing may ever come, on a port of this machine. */
async function startCanary(host: string, onPort = 0): Promise<Canary> {
  const server = net.createServer((socket) => socket.destroy())
  const sockets = watchSockets(server)
  if (onPort === 0) return { port: await listen(server, host), ...bind(sockets) }
  await new Promise<void>((resolve) => server.listen(onPort, host, resolve))
  return { port: onPort, ...bind(sockets) }
}

const bind = (sockets: OpenSockets) => ({
  get accepted() {
    return sockets.accepted
  },
  close: sockets.close,
})

let world: World
let canaries: Canary[]
let door: ShutDoor

beforeAll(async () => {
  trustTestAuthority()
  const resolve = async (hostname: string) => ({ addresses: names.get(hostname)?.() ?? [] })
  world = await createWorld({ addressPolicy: strictPolicy, resolve })
  const first = await startCanary('127.0.0.1')
  canaries = [first, await startCanary('::1', first.port)]
})
beforeEach(() => {
  door = shutDoor()
})
afterEach(() => {
  door[Symbol.dispose]()
  // Checks that apply after every test of this file.
  expect(canaries.map(({ accepted }) => accepted)).toEqual([0, 0])
})
afterAll(async () => {
  await world[Symbol.asyncDispose]()
  await Promise.all(canaries.map((canary) => canary.close()))
})

/** Sends a test event, which is tried once. @returns the attempt */
async function attemptOfTest({ client }: World, id: string) {
  const event = 'TODO_CREATED'
  const { destinationSendTest: sent } = await client.request(SendTest, { id, event })
  if (sent.__typename !== 'Delivery') throw new Error(sent.message)
  const { attempts } = await deliveryStands(client, sent.id, { attemptCount: 1 })
  return attempts[0]!
}

const failureOfTest = async (id: string) => (await attemptOfTest(world, id)).failure?.code

/** Stores a URL in the database without the checks of the API. */
const writeUrl = (id: string, url: string) =>
  world.app.ports.db.query('update destination set url = $2 where id = $1', [id, url])

describe('refused when saved', () => {
  const refused = cases.filter(({ stage, verdict }) => stage === 'save' && verdict === 'reject')

  test.each(refused)('$url: $why', async ({ url }) => {
    const { destinationCreate } = await world.client.request(CreateDestination, {
      input: { name: 'Receiver', url },
    })
    expect(destinationCreate).toMatchObject({
      __typename: 'ValidationError',
      issues: [{ path: ['url'] }],
    })
    const id = await inactiveDestination(world.client)
    const { destinationUpdate } = await world.client.request(UpdateDestination, {
      id,
      input: { url },
    })
    expect(destinationUpdate.__typename).toBe('ValidationError')
  })
})

describe('saved, but refused when connecting', () => {
  const refused = cases.filter(({ stage, verdict }) => stage === 'connect' && verdict === 'reject')

  test.each(refused)('$url: $why', async ({ url, dns }) => {
    const watched = new URL(url)
    watched.port = String(canaries[0]!.port)
    const id = await inactiveDestination(world.client, watched.href)
    expect(await failureOfTest(id)).toBe(dns!.length === 0 ? 'DNS' : 'BLOCKED_ADDRESS')
    expect(door.knocks).toEqual([])
  })
})

describe('saved, and connected to the checked addresses only', () => {
  const accepted = cases.filter(({ verdict }) => verdict === 'accept')

  test.each(accepted)('$url: $why', async ({ url, dns }) => {
    const { destinationCreate } = await world.client.request(CreateDestination, {
      input: { name: 'Receiver', url },
    })
    if (destinationCreate.__typename !== 'Destination') expect.fail(destinationCreate.message)
    expect(destinationCreate.url).toBe(new URL(url).href)
    expect(await failureOfTest(destinationCreate.id)).toBe('CONNECTION')
    const literal = new URL(url).hostname.replace(/^\[|\]$/g, '')
    expect(door.knocks).toEqual(dns ?? [literal])
    expect(door.knocks.every((address) => isAllowed(address, strictPolicy))).toBe(true)
  })
})

test('every case was tested', () => {
  const stages = cases.map(({ stage, verdict }) => `${stage} ${verdict}`)
  expect(new Set(stages)).toEqual(new Set(['save reject', 'connect reject', 'connect accept']))
})

test.each(['https://127.0.0.1', 'https://[::1]', 'https://localhost', 'http://127.0.0.1'])(
  'a stored URL that leads to %s is blocked when connecting',
  async (origin) => {
    const id = await inactiveDestination(world.client, 'https://hooks.example.com/')
    await writeUrl(id, `${origin}:${canaries[0]!.port}/`)
    expect(await failureOfTest(id)).toBe('BLOCKED_ADDRESS')
  },
)

test(`${DELIVERIES} deliveries to a name that changes between a public and a loopback address reach neither`, async () => {
  const answers = [['93.184.216.34'], ['127.0.0.1'], ['93.184.216.34', '::1'], ['::1']]
  let turn = 0
  names.set('turns.example.com', () => answers[turn++ % answers.length]!)
  const id = await inactiveDestination(
    world.client,
    `https://turns.example.com:${canaries[0]!.port}/`,
  )
  const sends = Array.from(
    { length: 50 },
    (_, index) => `s${index}: destinationSendTest(id: $id, event: TODO_CREATED) { __typename }`,
  )
  const half = async () => {
    for (let call = 0; call < DELIVERIES / 100; call += 1) {
      const { errors } = await ask(world, `mutation ($id: ID!) { ${sends.join(' ')} }`, { id })
      expect(errors).toBeUndefined()
    }
  }
  await Promise.all([half(), half()])
  const attempted = () =>
    world.app.ports.db.prisma.deliveryAttempt.count({ where: { destinationId: id } })
  await expect.poll(attempted, { timeout: 60_000 }).toBe(DELIVERIES)
  const outcomes = await world.app.ports.db.query<{ code: string }>(
    `select distinct failure_code as code from delivery_attempt
    where destination_id = $1 order by 1`,
    [id],
  )
  expect(outcomes.map(({ code }) => code)).toEqual(['BLOCKED_ADDRESS', 'CONNECTION'])
  expect(new Set(door.knocks)).toEqual(new Set(['93.184.216.34']))
}, 300_000)

test('the checked address is the one that is connected to: the name is resolved once', async () => {
  await using receiver = await startReceiver({ certificate: 'valid' })
  const answers = [['127.0.0.1'], ['169.254.169.254']]
  let lookUps = 0
  await using open = await createWorld({
    resolve: async () => ({ addresses: answers[lookUps++]! }),
  })
  const url = `https://hooks.example.com:${receiver.port}/`
  const id = await inactiveDestination(open.client, url)
  expect((await attemptOfTest(open, id)).status).toBe('SUCCEEDED')
  expect(lookUps).toBe(1)
})

test('no redirect is followed, wherever it leads', async () => {
  await using open = await createWorld()
  await using receiver = await startReceiver()
  const id = await inactiveDestination(open.client, receiver.url)
  const inside = `http://127.0.0.1:${canaries[0]!.port}/`
  for (const location of ['http://169.254.169.254/latest/meta-data/', inside]) {
    for (const status of [301, 302, 303, 307, 308]) {
      receiver.answerWith({ status, headers: { location } })
      const { failure, responseCode } = await attemptOfTest(open, id)
      expect([responseCode, failure?.code]).toEqual([status, 'REDIRECT'])
    }
  }
  expect(receiver.requests).toHaveLength(10)
})
