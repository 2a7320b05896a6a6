import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { GraphqlClient } from '../../src/cli/graphql-client.ts'
import { graphql } from '../../src/generated/graphql/gql.ts'
import { todo } from '../helpers/operations.ts'
import type { Ledger } from './ledger.ts'

const Publish = graphql(`
  mutation FaultPublish($input: EventPublishInput!) {
    eventPublish(input: $input) {
      __typename
      ... on EventPublished { duplicate deliveryCount event { id } }
      ... on ValidationError { message }
      ... on IdempotencyConflictError { message }
    }
  }
`)

/** Milliseconds before a client that was not answered calls again, doubling up to the longest. */
const AGAIN_AFTER = 100
const LONGEST = 1_000

export interface Publication {
  client: GraphqlClient
  ledger: Ledger
  /** Destinations that are ACTIVE and have selected the event from before the call until after it. */
  destinationIds: readonly string[]
  /** Hears of each call that was not answered with the event. */
  onError?: (error: unknown) => void
  /** Given up when it is aborted. */
  signal?: AbortSignal
}

/**
 * Publishes one event under an idempotency key of its own, as a careful client does: until it is acknowledged.
 *
 * @returns what the acknowledgement says, null when it was given up
 */
export async function publishUntilAcknowledged(publication: Publication) {
  const { client, ledger, destinationIds, onError, signal } = publication
  const idempotencyKey = randomUUID()
  for (let wait = AGAIN_AFTER; !signal?.aborted; wait = Math.min(2 * wait, LONGEST)) {
    try {
      const answer = await publishOnce(client, idempotencyKey)
      ledger.acknowledge(idempotencyKey, answer.event.id, destinationIds)
      return answer
    } catch (error) {
      onError?.(error)
      await pause(wait)
    }
  }
  return null
}

/** One call. Whether it was stored is not known when it fails. */
export async function publishOnce(client: GraphqlClient, idempotencyKey: string) {
  const input = { event: 'TODO_CREATED' as const, data: todo(idempotencyKey), idempotencyKey }
  const { eventPublish } = await client.request(Publish, { input })
  if (eventPublish.__typename !== 'EventPublished') throw new Error(eventPublish.message)
  return eventPublish
}

/** Publishes so many, `lanes` at a time, and returns when all are acknowledged. */
export async function publishAll(count: number, publication: Publication, lanes = 8) {
  let left = count
  const lane = async () => {
    while (left-- > 0) await publishUntilAcknowledged(publication)
  }
  await Promise.all(Array.from({ length: lanes }, lane))
}

export interface Stream {
  /** Starts no more. @returns once all that were started are acknowledged: how many */
  stop(): Promise<number>
}

/** Publishes `rate` events a second, whether or not those before are acknowledged. */
export function publishSteadily(rate: number, publication: Publication): Stream {
  const open = new Set<Promise<unknown>>()
  const began = performance.now()
  let started = 0
  const timer = setInterval(() => {
    const due = ((performance.now() - began) / 1_000) * rate
    for (; started < due; started += 1) {
      const one = publishUntilAcknowledged(publication).finally(() => open.delete(one))
      open.add(one)
    }
  }, 5)
  return {
    async stop() {
      clearInterval(timer)
      await Promise.all(open)
      return started
    },
  }
}
