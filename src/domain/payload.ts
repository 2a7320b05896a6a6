import type { EventName } from './events/index.ts'
import { completeRelations, type Relations } from './events/relations.ts'

/**
 * The text of a JSON value for which `JSON.stringify(JSON.parse(text)) === text`. Receivers rely on it:
 * one sample of the setup guide verifies the raw body, the other parses it and writes it anew.
 *
 * @param value as JSON.parse gives it, and without what `findUnsendable` finds; else it may throw a
 *   RangeError (nested too deep) or a TypeError (no JSON value).
 */
export function canonicalJson(value: unknown): string {
  const text = JSON.stringify(value)
  if (text === undefined) throw new TypeError(`A ${typeof value} has no JSON text.`)
  return text
}

/** The canonical text of relations: always four lists, in the order of the documentation. */
export function relationsJson(relations: Partial<Relations>): string {
  return canonicalJson(completeRelations(relations))
}

export interface PayloadParts {
  event: EventName
  /** Canonical JSON text, see `canonicalJson`. */
  data: string
  /** Canonical JSON text, see `relationsJson`. */
  relations: string
  /** Id of the destination that it is sent to. */
  webhookId: string
  /** When the event happened. */
  timestamp: Date
}

/**
 * The exact request body, to be sent as UTF-8. It is put together from stored texts without parsing
 * them, so the same parts always give the same bytes, in every attempt.
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
