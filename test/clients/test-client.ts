import type { ResultOf, VariablesOf } from '@graphql-typed-document-node/core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { nextAttempts, publishTodos } from '../helpers/deliveries.ts'
import { fetchMetrics } from '../helpers/metrics.ts'
import { activeDestination, publishTodo } from '../helpers/operations.ts'
import { startReceiver } from '../helpers/receiver.ts'
import { createWorld, type World } from '../helpers/world.ts'
import type { ApiClient, Connection } from './client.ts'
import { createInbox, type Inbox } from './inbox.ts'
import { type Line, startLine } from './line.ts'
import {
  Attempts,
  Changes,
  CreateDestination,
  Destinations,
  LatestAttempts,
  Viewer,
} from './operations.ts'

interface Setup<Client extends ApiClient = ApiClient> {
  world: World
  /** The only ACTIVE destination. */
  destinationId: string
  /** The connection between the client and the API. */
  line: Line
  client: Client
  /** Opens another client of the same kind. It is closed with the file. */
  connect(apiKey: string): Promise<ApiClient>
}

interface Expectations {
  /** Default: true. */
  subscribes?: boolean
  /** HTTP requests, upgrades included, that a client sends with an invalid key before it reports the error. Default: 1. */
  requestsWithBadKey?: number
}

/** Tests that a client library works with the API. The tests share one deployment: call it within `describe`. */
export function testClient<Client extends ApiClient>(
  connectClient: (connection: Connection) => Client | Promise<Client>,
  expectations: Expectations = {},
): () => Setup<Client> {
  let setup: Setup<Client>
  const close: (() => unknown)[] = []
  beforeAll(async () => {
    const world = await createWorld()
    const receiver = await startReceiver()
    const line = await startLine(world.url)
    const connect = async (apiKey: string) => {
      const client = await connectClient({ url: line.url, apiKey, networkIsBack: line.mended })
      close.push(() => client.close())
      return client
    }
    close.push(
      () => world[Symbol.asyncDispose](),
      () => receiver.close(),
      () => line[Symbol.asyncDispose](),
    )
    const { id } = await activeDestination(world.client, { url: receiver.url })
    setup = { world, destinationId: id, line, connect, client: await connect(world.apiKey) }
  })
  afterAll(async () => {
    for (const one of close.reverse()) await one()
  })
  describeRequests(() => setup)
  if (expectations.subscribes !== false) describeSubscriptions(() => setup, expectations)
  return () => setup
}

/** For a machine that is busy with other things as well. */
const WITHIN = { timeout: 45_000 }

function describeRequests(setup: () => Setup): void {
  test('sends a query', async () => {
    const { client, world } = setup()
    const { viewer } = await client.request(Viewer, {})
    expect(viewer.organization).toMatchObject({ id: world.organizationId, name: 'Acme' })
  })

  test('pages through a list', async () => {
    const { client } = setup()
    const names = ['Page 1', 'Page 2', 'Page 3']
    for (const name of names) await client.request(CreateDestination, { input: { name } })
    const seen: string[] = []
    for (let after: string | null = null; ; ) {
      const { destinations } = (await client.request(Destinations, {
        first: 2,
        after,
        search: 'Page ',
      })) as { destinations: DestinationPage }
      seen.push(...destinations.edges.map(({ node }) => node.name))
      if (!destinations.pageInfo.hasNextPage) break
      after = destinations.pageInfo.endCursor!
    }
    expect(seen).toEqual(names.toReversed())
  })

  test('sends a mutation, and reads its result or its refusal', async () => {
    const { client } = setup()
    const url = 'https://example.com/hook'
    const made = await client.request(CreateDestination, {
      input: { name: 'Zoë 東京 👩‍🚀', url, events: ['TODO_CREATED'] },
    })
    expect(made.destinationCreate).toMatchObject({
      __typename: 'Destination',
      name: 'Zoë 東京 👩‍🚀',
      events: ['TODO_CREATED'],
    })
    const refused = await client.request(CreateDestination, { input: { name: '' } })
    expect(refused.destinationCreate).toMatchObject({
      __typename: 'ValidationError',
      issues: [{ path: ['name'] }],
    })
  })

  test('with an invalid key gets an error that says so', async () => {
    const { connect } = setup()
    const stranger = await connect('bmk_wrong')
    await expect(stranger.request(Viewer, {})).rejects.toThrow(/key|unauthorized/i)
  })
}

interface DestinationPage {
  edges: { node: { name: string } }[]
  pageInfo: { hasNextPage: boolean; endCursor?: string | null }
}

type Attempt = ResultOf<typeof Attempts>['deliveryAttempted']

function follow(
  client: ApiClient,
  inbox: Inbox<Attempt>,
  variables: () => VariablesOf<typeof Attempts>,
): () => void {
  return client.follow!(Attempts, variables, {
    next: ({ deliveryAttempted }) => inbox.push(deliveryAttempted),
    error: inbox.fail,
  })
}

/** Publishes an event. @returns the id of its attempt */
async function publishAttempt({ destinationId, world }: Setup): Promise<string> {
  const eventId = await publishTodo(world.client)
  for (;;) {
    const { destination } = await world.client.request(LatestAttempts, { id: destinationId })
    const [latest] = destination?.attempts.nodes ?? []
    if (latest?.delivery.event.id === eventId) return latest.id
  }
}

/** Publishes events until one has arrived. A subscription begins some time after its request. */
async function publishUntil(setup: Setup, arrived: () => boolean): Promise<void> {
  while (!arrived()) await publishAttempt(setup)
}

/** Returns the number of open subscriptions to attempts. */
async function subscribers({ url }: World): Promise<number> {
  const metrics = await (await fetchMetrics(url)).text()
  return Number(
    /^bigmind_webhooks_subscribers\{feed="deliveryAttempted"\} (\d+)$/m.exec(metrics)?.[1],
  )
}

function describeSubscriptions(setup: () => Setup, expectations: Expectations): void {
  test('follows a subscription, and ends it', async () => {
    const { client, destinationId, world } = setup()
    const inbox = createInbox<Attempt>()
    const stop = follow(client, inbox, () => ({ destinationId }))
    await publishUntil(setup(), () => inbox.items.length > 0)
    stop()
    expect(inbox.items[0]).toMatchObject({
      number: 1,
      status: 'SUCCEEDED',
      eventType: 'TODO_CREATED',
    })
    await expect.poll(() => subscribers(world), WITHIN).toBe(0)
  })

  test('continues a subscription after its connection was cut', async () => {
    const { client, destinationId, line } = setup()
    const inbox = createInbox<Attempt>()
    const stop = follow(client, inbox, () => ({ destinationId }))
    await publishUntil(setup(), () => inbox.items.length > 0)
    line.break()
    const before = inbox.items.length
    line.restore()
    await publishUntil(setup(), () => inbox.items.length > before)
    stop()
  })

  test('resumes after broken connections without loss or repetition', async () => {
    const { client, line, world } = setup()
    const start = await publishAttempt(setup())
    const inbox = createInbox<Attempt>()
    const stop = follow(client, inbox, () => ({ after: inbox.items.at(-1)?.id ?? start }))
    for (let round = 1; round <= 2; round += 1) {
      const all = publishTodos(world.client, 25)
      await inbox.until((round - 1) * 30 + 10)
      line.break()
      await all
      await publishTodos(world.client, 5)
      line.restore()
    }
    await inbox.until(60)
    stop()
    const feed = await nextAttempts(world.client, 60, start)
    expect(inbox.items.map(({ id }) => id)).toEqual(feed)
  })

  test('reports an invalid key once, with the message of the service', async () => {
    const { connect, line } = setup()
    const stranger = await connect('bmk_wrong')
    const inbox = createInbox<Attempt>()
    const before = line.requests
    follow(stranger, inbox, () => ({}))
    expect((await inbox.failure()).message).toMatch(/key|unauthorized/i)
    expect(line.requests - before).toBeLessThanOrEqual(expectations.requestsWithBadKey ?? 1)
  })

  test('can unsubscribe immediately after it subscribes, without an effect on other subscribers', async () => {
    const { client, world } = setup()
    await expect.poll(() => subscribers(world), WITHIN).toBe(0)
    // Keeps the connection of a client that has one for all.
    const end = client.follow!(Changes, () => ({}), { next() {}, error() {} })
    for (let turns = 0; turns < 30; turns += 1) {
      const stop = follow(client, createInbox(), () => ({}))
      for (let turn = 0; turn < turns; turn += 1) await new Promise(setImmediate)
      stop()
    }
    end()
    const start = await publishAttempt(setup())
    const next = nextAttempts(world.client, 1, start)
    await publishTodo(world.client)
    await next
    const inbox = createInbox<Attempt>()
    const stop = follow(client, inbox, () => ({}))
    await publishUntil(setup(), () => inbox.items.length > 0)
    stop()
    const ready = await fetch(`${world.url}/health/ready`)
    expect([ready.status, await ready.json()]).toMatchObject([200, { ready: true }])
  })
}
