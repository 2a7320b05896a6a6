import { setTimeout as pause } from 'node:timers/promises'
import { print } from 'graphql'
import { Pool } from 'undici'
import type { EventPublishInput } from '../../../src/generated/graphql/graphql.ts'
import { sharedNow } from '../clock.ts'
import { PublishBenchEvent, PublishBenchEvents } from '../operations.ts'
import { servePart } from '../part.ts'

/** One publication, on the clock that all processes share. */
export interface Publication {
  eventId: string
  /** When it was to be sent: a publisher that is held up does not make the service look faster. */
  scheduled: number
  answered: number
}

interface Api {
  url: string
  /** Of each organization to publish for, in turn. */
  apiKeys: readonly string[]
}

const ONE = print(PublishBenchEvent)
const MANY = print(PublishBenchEvents)

const pools = new Map<string, Pool>()

function poolFor(url: string): Pool {
  const pool = pools.get(url) ?? new Pool(url, { connections: 32, pipelining: 1 })
  pools.set(url, pool)
  return pool
}

async function request<Data>(url: string, apiKey: string, operation: object): Promise<Data> {
  const { body } = await poolFor(url).request({
    path: '/graphql',
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${apiKey}` },
    body: JSON.stringify(operation),
  })
  const { data, errors } = (await body.json()) as { data: Data; errors?: unknown }
  if (errors) throw new Error(JSON.stringify(errors))
  return data
}

async function publishOne(url: string, apiKey: string, input: EventPublishInput): Promise<string> {
  const variables = { input }
  const answer = await request<{ eventPublish: { event?: { id: string }; message?: string } }>(
    url,
    apiKey,
    { query: ONE, variables },
  )
  const { event, message } = answer.eventPublish
  if (!event) throw new Error(message)
  return event.id
}

const keyOf = ({ apiKeys }: Api, index: number) => apiKeys[index % apiKeys.length]!

const publisher = {
  /** Publishes a batch in one call. @returns milliseconds until it was answered */
  async many(api: Api, inputs: readonly EventPublishInput[]): Promise<number> {
    const start = sharedNow()
    const { eventPublishMany } = await request<{
      eventPublishMany: { results?: unknown[]; message?: string }
    }>(api.url, keyOf(api, 0), { query: MANY, variables: { inputs } })
    if (!eventPublishMany.results) throw new Error(eventPublishMany.message)
    return sharedNow() - start
  },

  /** Publishes without pauses over `connections` connections. @returns the publications per second, and the duration of each */
  async flatOut(
    api: Api,
    { input, connections, count }: { input: EventPublishInput; connections: number; count: number },
  ): Promise<{ perSecond: number; milliseconds: number[] }> {
    const milliseconds: number[] = []
    let left = count
    const start = sharedNow()
    const connection = async () => {
      while (left-- > 0) {
        const sent = sharedNow()
        await publishOne(api.url, keyOf(api, left), input)
        milliseconds.push(sharedNow() - sent)
      }
    }
    await Promise.all(Array.from({ length: connections }, connection))
    return { perSecond: (count / (sharedNow() - start)) * 1_000, milliseconds }
  },

  /** Publishes at fixed times, whether or not what was published before has been answered. */
  async atRate(
    api: Api,
    { inputs, perSecond, count }: { inputs: EventPublishInput[]; perSecond: number; count: number },
  ): Promise<Publication[]> {
    const start = sharedNow()
    const publish = async (index: number): Promise<Publication> => {
      const scheduled = start + (index * 1_000) / perSecond
      await pause(Math.max(0, scheduled - sharedNow()))
      const input = inputs[index % inputs.length]!
      const eventId = await publishOne(api.url, keyOf(api, index), input)
      return { eventId, scheduled, answered: sharedNow() }
    }
    return Promise.all(Array.from({ length: count }, (_, index) => publish(index)))
  },
}

export type Publisher = typeof publisher

servePart(publisher)
