import { GraphQLError } from 'graphql'
import { createSchema } from 'graphql-yoga'
import { onTestFinished } from 'vitest'
import type { Viewer } from '../../../src/access/authentication.ts'
import { type ServerOptions, startServer } from '../../../src/server/start-server.ts'
import { untraced } from '../../../src/telemetry/tracing.ts'

export const KEY = 'Bearer bmk_valid'

/** A server over a small schema of its own: what the server does is the same for any. */
export async function startTestServer(overrides: Partial<ServerOptions> = {}) {
  const world = createWorld()
  const server = await startServer({
    host: '127.0.0.1',
    port: 0,
    schema: createTestSchema(world),
    createContext: (request) => request,
    authenticate: async ({ authorization }) => ({
      viewer: world.keys.has(authorization ?? '') ? VIEWER : null,
    }),
    maskError: (error, requestId) => {
      if (error instanceof GraphQLError && !error.originalError) return error
      world.log.push({ requestId, error })
      return new GraphQLError('Something failed on our side.', {
        extensions: { code: 'INTERNAL_SERVER_ERROR', requestId },
      })
    },
    tracing: untraced,
    monitoring: {
      readiness: async () => ({ ready: world.ready, closing: false, parts: {} }),
      figures: async () => ({ contentType: 'text/plain', text: 'figures 1\n' }),
      metricsToken: null,
    },
    log: { debug() {}, info() {}, warn() {}, error: (fields) => world.log.push(fields) },
    ...overrides,
  })
  onTestFinished(() => server.close())
  return { ...world, ...server, graphql: `${server.url}/graphql`, world }
}

export const VIEWER: Viewer = { organizationId: 'org_1', apiKeyId: 'key_1', scopes: new Set() }

function createWorld() {
  return {
    keys: new Set([KEY]),
    ready: true,
    log: [] as object[],
    resolved: 0,
    /** The query `slow` has begun, and may end. */
    started: Promise.withResolvers<void>(),
    finish: Promise.withResolvers<void>(),
    /** Queries `large` that have begun and not ended. */
    running: 0,
    /** The argument `first` of each query `large` that has begun. */
    begun: [] as number[],
    /** Streams that were opened and not ended. */
    openStreams: 0,
    pulled: 0,
  }
}

type World = ReturnType<typeof createWorld>

function createTestSchema(world: World) {
  return createSchema({
    typeDefs: /* GraphQL */ `
      type Query { viewer: String! fail: String! slow: String! echo(text: String!): String friend: Friend large(first: Int!): [Friend!]! huge: String! }
      type Friend { friend: Friend name: String }
      type Mutation { add(number: Int!): Int! say(text: String!): String }
      type Subscription {
        "Counts up, then stays silent."
        count(to: Int!): Int!
        "Yields 1, then throws."
        break: Int!
        "Yields large texts without end."
        flood: String!
        "Yields three, of which the second is gone by the time its name is read."
        shaky: Told!
      }
      type Told { name: String! }
    `,
    resolvers: {
      Query: {
        viewer: (_root, _args, { viewer }: { viewer: Viewer }) => {
          world.resolved += 1
          return viewer.organizationId
        },
        fail: () => {
          throw new Error('secret detail')
        },
        slow: async () => {
          world.started.resolve()
          await world.finish.promise
          return 'done'
        },
        echo: (_root, { text }: { text: string }) => text,
        friend: () => ({}),
        large: async (_source: unknown, { first }: { first: number }) => {
          world.running += 1
          world.begun.push(first)
          await world.finish.promise
          world.running -= 1
          return []
        },
        huge: () => 'x'.repeat(30_000_000),
      },
      Friend: { friend: () => ({}), name: () => 'Ada' },
      Told: {
        name: (name: string) => {
          if (name !== 'second') return name
          throw Object.assign(new Error('No record was found.'), { code: 'P2025' })
        },
      },
      Mutation: {
        add: (_root, { number }: { number: number }) => number + 1,
        say: (_root, { text }: { text: string }) => text,
      },
      Subscription: {
        count: {
          subscribe: (_root: unknown, { to }: { to: number }) =>
            stream(world, async (turn) => {
              if (turn < to) return { count: turn + 1 }
              return new Promise<never>(() => {})
            }),
        },
        break: {
          subscribe: () =>
            stream(world, async (turn) => {
              if (turn === 0) return { break: 1 }
              throw new Error('secret detail')
            }),
        },
        shaky: {
          subscribe: async function* () {
            for (const shaky of ['first', 'second', 'third']) yield { shaky }
          },
        },
        flood: {
          subscribe: () => stream(world, async () => ({ flood: 'x'.repeat(100_000) })),
        },
      },
    },
  })
}

/** A source as the feeds are: `return` ends it also while `next` waits. */
function stream<Item>(world: World, produce: (turn: number) => Promise<Item>) {
  let turn = 0
  let open = true
  world.openStreams += 1
  const iterator: AsyncIterableIterator<Item> = {
    [Symbol.asyncIterator]: () => iterator,
    next: async () => {
      world.pulled += 1
      return { value: await produce(turn++), done: false }
    },
    return: async () => {
      if (open) world.openStreams -= 1
      open = false
      return { value: undefined, done: true }
    },
  }
  return iterator
}

/** Sends one operation as a client would. */
export function post(
  url: string,
  body: object,
  headers: Record<string, string> = { authorization: KEY },
): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
}

export interface Answer {
  data?: Record<string, unknown> | null
  errors?: { message: string; extensions: Record<string, unknown> }[]
}

export const answerOf = async (response: Response | Promise<Response>) =>
  (await (await response).json()) as Answer
