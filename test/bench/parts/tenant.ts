import { setTimeout as pause } from 'node:timers/promises'
import { Pool } from 'undici'
import { sharedNow } from '../clock.ts'
import { servePart } from '../part.ts'

interface Api {
  url: string
  apiKey: string
}

interface Operation {
  query: string
  variables?: object
}

const pools = new Map<string, Pool>()

function poolFor(url: string): Pool {
  const pool = pools.get(url) ?? new Pool(url, { connections: 64, pipelining: 1 })
  pools.set(url, pool)
  return pool
}

/** @returns the status, and whether the response has errors of GraphQL */
async function send({ url, apiKey }: Api, operation: Operation) {
  const { body, statusCode } = await poolFor(url).request({
    path: '/graphql',
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${apiKey}` },
    body: JSON.stringify(operation),
    headersTimeout: 0,
    bodyTimeout: 0,
  })
  return { statusCode, failed: 'errors' in ((await body.json()) as object) }
}

let isOver = true
let lanes: Promise<void>[] = []

const tenant = {
  /** Sends an operation in each of `count` lanes again and again, each `everyMs` at the earliest, until `stop`. */
  start(api: Api, operation: Operation, { count, everyMs }: { count: number; everyMs: number }) {
    isOver = false
    lanes = Array.from({ length: count }, async () => {
      while (!isOver) await Promise.all([send(api, operation), pause(everyMs)])
    })
  },

  /** Waits for the responses to the last operations. */
  async stop(): Promise<void> {
    isOver = true
    await Promise.all(lanes)
  },

  /**
   * Sends a query at fixed times, whether or not earlier ones were answered. @returns milliseconds of each from its time on
   * @throws when one fails
   */
  async atRate(
    api: Api,
    operation: Operation,
    { perSecond, count }: { perSecond: number; count: number },
  ): Promise<number[]> {
    const begin = sharedNow()
    const query = async (index: number) => {
      const scheduled = begin + (index * 1_000) / perSecond
      await pause(Math.max(0, scheduled - sharedNow()))
      const { statusCode, failed } = await send(api, operation)
      if (statusCode !== 200 || failed) throw new Error(`A query failed with ${statusCode}.`)
      return sharedNow() - scheduled
    }
    return Promise.all(Array.from({ length: count }, (_, index) => query(index)))
  },
}

export type Tenant = typeof tenant

servePart(tenant)
