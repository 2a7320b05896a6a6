import type { Clock } from '../concurrency/clock.ts'
import { ValidationError } from '../domain/errors.ts'
import { checkEventData } from '../domain/events/check.ts'
import type { EventName } from '../domain/events/index.ts'
import type { Relations } from '../domain/events/relations.ts'
import { fingerprint, isRepeat } from '../domain/idempotency.ts'
import type { Issue } from '../domain/json.ts'
import { isPlainText } from '../domain/name.ts'
import { canonicalJson, relationsJson } from '../domain/payload.ts'
import type { NewId } from '../storage/ids.ts'
import type { NewEvent } from './event-store.ts'
import type { PublishedEvent } from './plan.ts'
import type { Publisher } from './publisher.ts'

/** The input of one published event. */
export interface EventInput {
  event: EventName
  data: unknown
  relations: Relations
  /** When the event happened; null for now. */
  timestamp: Date | null
  idempotencyKey: string | null
}

type Ports = { publisher: Publisher; clock: Clock; newId: NewId }

/** Events that one call can publish. */
export const MAX_EVENTS_PER_CALL = 1_000

/** Characters of the data of an event as JSON. Requests and deliveries are limited to about the same size. */
const MAX_DATA_LENGTH = 1_000_000

/** Characters of an idempotency key. */
export const MAX_KEY_LENGTH = 255

/** Characters of a CRM id. */
export const MAX_RELATION_ID_LENGTH = 255

/** Earlier timestamps are refused: they are usually the zero value of a date type. */
const EARLIEST_TIMESTAMP = new Date('2000-01-01T00:00:00.000Z')

/** How far a timestamp can be ahead of the clock of this process, since the clock of a publisher may be wrong. */
const MAX_AHEAD_MS = 24 * 60 * 60 * 1_000

/**
 * Publishes one event. When this resolves, every destination that selected it has a delivery.
 * @throws ValidationError, IdempotencyConflictError
 */
export async function publishEvent(
  ports: Ports,
  organizationId: string,
  input: EventInput,
): Promise<PublishedEvent> {
  const issues = checkEvent(ports.clock, input)
  if (issues.length > 0) throw new ValidationError(issues)
  const event = newEvent(ports, organizationId, input)
  const tooLarge = checkSize(event)
  if (tooLarge.length > 0) throw new ValidationError(tooLarge)
  const [published] = await ports.publisher.publish([event])
  return published as PublishedEvent
}

/**
 * Publishes 1 to `MAX_EVENTS_PER_CALL` events, all or none. Returns results in the order of the inputs.
 * @throws ValidationError, whose paths begin with the index of the input; IdempotencyConflictError
 */
export async function publishEvents(
  ports: Ports,
  organizationId: string,
  inputs: readonly EventInput[],
): Promise<PublishedEvent[]> {
  if (inputs.length === 0 || inputs.length > MAX_EVENTS_PER_CALL) {
    const message = `Expected 1 to ${MAX_EVENTS_PER_CALL} events, got ${inputs.length}.`
    throw new ValidationError([{ path: [], message }])
  }
  throwIssues(inputs.map((input) => checkEvent(ports.clock, input)))
  const events = inputs.map((input) => newEvent(ports, organizationId, input))
  throwIssues(events.map(checkSize))
  throwIssues(repeatedKeys(events))
  return ports.publisher.publish(events)
}

/** @param issues the issues of each input, in order */
function throwIssues(issues: readonly Issue[][]): void {
  const all = issues.flatMap((own, index) =>
    own.map(({ path, message }) => ({ path: [String(index), ...path], message })),
  )
  if (all.length > 0) throw new ValidationError(all)
}

/** Finds inputs that repeat a key of the same call for another event. */
function repeatedKeys(events: readonly NewEvent[]): Issue[][] {
  const first = new Map<string, { index: number; event: NewEvent }>()
  return events.map((event, index) => {
    if (event.idempotencyKey === null || event.fingerprint === null) return []
    const seen = first.get(event.idempotencyKey)
    if (!seen) first.set(event.idempotencyKey, { index, event })
    if (!seen || isRepeat(seen.event, event)) return []
    const message = `Input ${seen.index} has this key for another event. Give each event its own.`
    return [{ path: ['idempotencyKey'], message }]
  })
}

function checkEvent(clock: Clock, input: EventInput): Issue[] {
  return [
    ...checkEventData(input.event, input.data),
    ...checkTimestamp(clock, input.timestamp),
    ...checkRelations(input.relations),
    ...checkKey(input.idempotencyKey),
  ]
}

function checkTimestamp(clock: Clock, timestamp: Date | null): Issue[] {
  if (timestamp === null) return []
  const latest = clock.now() + MAX_AHEAD_MS
  if (timestamp >= EARLIEST_TIMESTAMP && timestamp.getTime() <= latest) return []
  const message = `Expected a time from ${EARLIEST_TIMESTAMP.toISOString()} to one day ahead of now. Leave the timestamp out for an event that happens now.`
  return [{ path: ['timestamp'], message }]
}

function checkRelations(relations: Relations): Issue[] {
  return Object.entries(relations).flatMap(([list, ids]) =>
    ids.flatMap((id, index) =>
      id.length > 0 && id.length <= MAX_RELATION_ID_LENGTH && isPlainText(id)
        ? []
        : [
            {
              path: ['relations', camelCase(list), String(index)],
              message: `Expected an id of 1 to ${MAX_RELATION_ID_LENGTH} characters without control characters or half characters.`,
            },
          ],
    ),
  )
}

function checkSize({ data }: NewEvent): Issue[] {
  if (data.length <= MAX_DATA_LENGTH) return []
  const message = `Expected at most ${MAX_DATA_LENGTH} characters of JSON, got ${data.length}.`
  return [{ path: ['data'], message }]
}

/** Converts the name of a list to its name in the API, for paths. */
const camelCase = (name: string) =>
  name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())

function checkKey(key: string | null): Issue[] {
  if (key === null) return []
  if (key.length > 0 && key.length <= MAX_KEY_LENGTH && isPlainText(key)) return []
  const message = `Expected 1 to ${MAX_KEY_LENGTH} characters without control characters or half characters.`
  return [{ path: ['idempotencyKey'], message }]
}

/** Returns the event to store. The input must be valid. */
export function newEvent(
  { clock, newId }: Pick<Ports, 'clock' | 'newId'>,
  organizationId: string,
  input: EventInput,
): NewEvent {
  const published = {
    type: input.event,
    data: canonicalJson(input.data),
    relations: relationsJson(input.relations),
    givenTimestamp: input.timestamp,
  }
  return {
    ...published,
    id: newId('evt'),
    organizationId,
    relatedIds: [...new Set(Object.values(input.relations).flat())],
    timestamp: input.timestamp ?? new Date(clock.now()),
    idempotencyKey: input.idempotencyKey,
    fingerprint: input.idempotencyKey === null ? null : fingerprint(published),
    traceParent: null,
  }
}
