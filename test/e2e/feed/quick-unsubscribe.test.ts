import { once } from 'node:events'
import http from 'node:http'
import { setTimeout } from 'node:timers/promises'
import { parse } from 'graphql'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { createGraphqlClient } from '../../../src/cli/graphql-client.ts'
import { startStallingProxy } from '../../faults/stalling-proxy.ts'
import { publishTodos } from '../../helpers/deliveries.ts'
import { DeleteDestination, UpdateDestination } from '../../helpers/destination-operations.ts'
import { activeDestination } from '../../helpers/operations.ts'
import { type Receiver, startReceiver } from '../../helpers/receiver.ts'
import { startServiceProcess } from '../../helpers/service-process.ts'
import { createWorld, type World } from '../../helpers/world.ts'

type Api = { url: string; apiKey: string }

const SUBSCRIPTIONS = [
  'subscription { deliveryAttempted { id } }',
  'subscription { destinationChanged { id } }',
  'subscription { destinationDeleted { id } }',
]

/** Causes an event for each of the subscriptions. */
async function causeAll({ client }: World, receiver: Receiver): Promise<void> {
  const { id } = await activeDestination(client, { url: receiver.url })
  await publishTodos(client, 1)
  await receiver.request()
  const other = await activeDestination(client, { url: receiver.url, events: ['EMAIL_SENT'] })
  await client.request(DeleteDestination, { id: other.id })
  await client.request(UpdateDestination, { id, input: { events: ['EMAIL_SENT'] } })
}

/** Opens an event stream and closes its connection after some milliseconds, at any stage of the service. */
async function openAndAbort({ url, apiKey }: Api, query: string, delayMs: number): Promise<void> {
  const request = http.request(`${url}/graphql`, {
    method: 'POST',
    agent: false,
    headers: {
      authorization: `Bearer ${apiKey}`,
      accept: 'text/event-stream',
      'content-type': 'application/json',
    },
  })
  request.on('error', () => {})
  const closed = new Promise<void>((resolve) => request.once('close', resolve))
  request.end(JSON.stringify({ query }))
  await once(request, 'finish')
  await setTimeout(delayMs)
  request.destroy()
  await closed
}

/** Subscribes and completes over one WebSocket, with a pause in milliseconds. */
async function openAndComplete({ url, apiKey }: Api, query: string, delayMs: number) {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
  await once(socket, 'open')
  const send = (message: object) => socket.send(JSON.stringify(message))
  send({ type: 'connection_init', payload: { authorization: `Bearer ${apiKey}` } })
  await once(socket, 'message')
  send({ type: 'subscribe', id: '1', payload: { query } })
  if (delayMs > 0) await setTimeout(delayMs)
  send({ type: 'complete', id: '1' })
  socket.close()
  await once(socket, 'close')
}

test('clients that unsubscribe immediately do not end the feed of the next client', async () => {
  await using world = await createWorld()
  await using receiver = await startReceiver()
  // Far from its database, a process takes long enough to begin a subscription for clients to leave meanwhile.
  const database = await startStallingProxy(world.databaseUrl, 8)
  const service = await startServiceProcess(
    {
      DATABASE_URL: database.url,
      ENCRYPTION_KEYS: `test:${world.encryptionKey.toString('base64')}`,
    },
    'api',
  )
  const api = { url: service.url!, apiKey: world.apiKey }
  await Promise.all(
    SUBSCRIPTIONS.map(async (query) => {
      for (let n = 0; n < 40; n += 1) await openAndAbort(api, query, n)
      for (let n = 0; n < 40; n += 1) await openAndComplete(api, query, n)
    }),
  )

  const client = createGraphqlClient(api)
  const streams = SUBSCRIPTIONS.map((query) => client.subscribe(parse(query), {}))
  let begun = false
  const first = Promise.all(streams.map((stream) => stream.next())).finally(() => {
    begun = true
  })
  // A subscription begins some time after the call, and emits nothing from before.
  while (!begun) await causeAll(world, receiver)
  expect((await first).map(({ done }) => done)).toEqual([false, false, false])
  await client.close()
  const ready = await fetch(`${api.url}/health/ready`)
  expect(await ready.json()).toMatchObject({ ready: true, parts: { feed: true } })
})
