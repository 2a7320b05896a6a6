import type { EventName } from './events/index.ts'
import { completeRelations, type Relations } from './events/relations.ts'

/**
 * Returns a JSON text for which `JSON.stringify(JSON.parse(text)) === text`. Receivers rely on it: of the two samples of the
 * setup guide, one verifies the raw body, and the other the parsed body after `JSON.stringify`.
 * @param value a result of JSON.parse in which `findUnsendable` finds nothing
 * @throws RangeError when `value` is nested too deeply, TypeError when it is not a JSON value
 */
export function canonicalJson(value: unknown): string {
  const text = JSON.stringify(value)
  if (text === undefined) throw new TypeError(`A ${typeof value} has no JSON text.`)
  return text
}

/** Returns the canonical text of relations: always four lists, in the order of the documentation. */
export function relationsJson(relations: Partial<Relations>): string {
  return canonicalJson(completeRelations(relations))
}

export interface PayloadParts {
  event: EventName
  /** Canonical JSON text, see `canonicalJson`. */
  data: string
  /** Canonical JSON text, see `relationsJson`. */
  relations: string
  /** The id of the destination. */
  webhookId: string
  /** When the event happened. */
  timestamp: Date
}

/**
 * Returns the exact request body, which is sent as UTF-8. It joins the stored texts without parsing them, so every attempt
 * of a delivery has the same bytes.
 */
export function payload(parts: PayloadParts): string {
  return (
    `{"event":${JSON.stringify(parts.event)}` +
    `,"data":${parts.data}` +
    `,"relations":${parts.relations}` +
    `,"webhook_id":${JSON.stringify(parts.webhookId)}` +
    `,"timestamp":"${parts.timestamp.toISOString()}"}`
  )
}
