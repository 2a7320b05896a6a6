import { readRowsAsText } from './database-text.ts'
import { PublishEvent, todo } from './operations.ts'
import type { World } from './world.ts'

export const TRANSCRIPT = 'transcript-7c1e'
export const DEAL = 'deal-90af'
export const ANSWER = 'answer-55d2'
export const PRIVATE = [TRANSCRIPT, DEAL, ANSWER]

export const privateInput = (description = TRANSCRIPT) => ({
  event: 'TODO_CREATED' as const,
  data: todo(description),
  relations: { associatedDealIds: [DEAL] },
  timestamp: '2025-10-10T14:30:00.000Z',
  idempotencyKey: 'key-1',
})

/** Publishes an event with the private texts. Returns its id. */
export async function publishPrivate({ client }: World): Promise<string> {
  const { eventPublish } = await client.request(PublishEvent, { input: privateInput() })
  if (eventPublish.__typename !== 'EventPublished') throw new Error(eventPublish.message)
  return eventPublish.event.id
}

/** Returns the private texts that any table contains. */
export async function foundInDatabase({ databaseUrl }: World): Promise<string[]> {
  const rows = (await readRowsAsText(databaseUrl)).join('\n')
  return PRIVATE.filter((text) => rows.includes(text))
}
