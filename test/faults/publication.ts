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

/** The delay before a failed call is retried, which doubles up to the maximum. */
const RETRY_DELAY_MS = 100
const MAX_RETRY_DELAY_MS = 1_000

export interface Publication {
  client: GraphqlClient
  ledger: Ledger
  /** Destinations that are ACTIVE and have selected the event from before the call until after it. */
  destinationIds: readonly string[]
  /** Is called with the error of each call that fails. */
  onError?: (error: unknown) => void
  /** Stops the retries when it is aborted. */
  signal?: AbortSignal
}

/**
 * Publishes one event with a new idempotency key, and retries until it is acknowledged.
 *
 * @returns the acknowledgement, or null if it was aborted
 */
export async function publishUntilAcknowledged(publication: Publication) {
  const { client, ledger, destinationIds, onError, signal } = publication
  const idempotencyKey = randomUUID()
  for (let wait = RETRY_DELAY_MS; !signal?.aborted; wait = Math.min(2 * wait, MAX_RETRY_DELAY_MS)) {
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

/** Publishes an event with one call. If the call fails, the event may be stored or not. */
export async function publishOnce(client: GraphqlClient, idempotencyKey: string) {
  const input = { event: 'TODO_CREATED' as const, data: todo(idempotencyKey), idempotencyKey }
  const { eventPublish } = await client.request(Publish, { input })
  if (eventPublish.__typename !== 'EventPublished') throw new Error(eventPublish.message)
  return eventPublish
}

/** Publishes `count` events, `lanes` at a time, and resolves when all are acknowledged. */
export async function publishAll(count: number, publication: Publication, lanes = 8) {
  let left = count
  const lane = async () => {
    while (left-- > 0) await publishUntilAcknowledged(publication)
  }
  await Promise.all(Array.from({ length: lanes }, lane))
}

export interface Stream {
  /** Starts what is due, and no more. @returns once all that were started are acknowledged: how many */
  stop(): Promise<number>
}

/** Publishes `rate` events a second, whether or not those before are acknowledged. */
export function publishSteadily(rate: number, publication: Publication): Stream {
  const open = new Set<Promise<unknown>>()
  const began = performance.now()
  let started = 0
  const startDue = () => {
    const due = ((performance.now() - began) / 1_000) * rate
    for (; started < due; started += 1) {
      const one = publishUntilAcknowledged(publication).finally(() => open.delete(one))
      open.add(one)
    }
  }
  const timer = setInterval(startDue, 5)
  return {
    async stop() {
      clearInterval(timer)
      // A busy machine may not have run the timer for a while.
      startDue()
      await Promise.all(open)
      return started
    },
  }
}
