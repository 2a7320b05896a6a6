/**
 * The event catalogue. GraphQL, JSON Schema and the published types are derived from it. To add an event, define it in the
 * file of its family and add it to the list below.
 *
 * Rules of the schemas: a field that all examples of the reference have is required, one that some lack is optional, and one
 * that may be unknown can be null. A field has a closed list of values only where the reference says so. Unknown fields are
 * kept.
 */
import type { z } from 'zod'
import * as agents from './agents.ts'
import type { EventDefinition, Payload } from './definition.ts'
import * as documents from './documents.ts'
import * as emails from './emails.ts'
import * as frameworks from './frameworks.ts'
import * as meetings from './meetings.ts'
import * as notes from './notes.ts'
import * as scorecards from './scorecards.ts'
import * as signals from './signals.ts'
import * as todos from './todos.ts'

/** All events, in the order in which every list of events has them. */
export const catalogue = [
  meetings.transcriptionCreated,
  meetings.summaryCreated,
  scorecards.scorecardAnswersCreated,
  notes.notesCreated,
  notes.notesUpdated,
  frameworks.frameworkAnswersCreated,
  frameworks.frameworkAnswersUpdated,
  meetings.meetingRelationsCreated,
  emails.emailGenerated,
  emails.emailSent,
  todos.todoCreated,
  todos.todoUpdated,
  documents.documentGenerated,
  documents.documentUpdated,
  agents.agentRunCompleted,
  signals.signalAction,
] as const

type Definition = (typeof catalogue)[number]

/** A wire name, such as `'todo_created'`. */
export type EventName = Definition['name']

/** The `data` of one event, or of all events. */
export type EventData<Name extends EventName = EventName> = z.infer<
  Extract<Definition, { name: Name }>['schema']
>

/** The parsed body of a delivery; `event` discriminates the union. */
export type EventPayload<Name extends EventName = EventName> = {
  [N in Name]: Payload<N, EventData<N>>
}[Name]

const byName = new Map<string, EventDefinition>(catalogue.map((event) => [event.name, event]))

/** Returns the definition with this wire name; undefined when there is none. */
export function findEvent(name: EventName): EventDefinition
export function findEvent(name: string): EventDefinition | undefined
export function findEvent(name: string): EventDefinition | undefined {
  return byName.get(name)
}

/** Whether a text is the wire name of an event. */
export function isEventName(name: string): name is EventName {
  return byName.has(name)
}

/** Returns the name in GraphQL: `TODO_CREATED` for `todo_created`. */
export function enumName<Name extends EventName>(name: Name): Uppercase<Name> {
  return name.toUpperCase() as Uppercase<Name>
}
