/**
 * The catalogue of events: everything else that knows events (GraphQL, JSON Schema, published types)
 * is derived from it. To add one, define it in the file of its family, then name it in the list below.
 *
 * How the schemas are read: a field that every printed example shows is required; one that may be
 * unknown may be null; one that some examples lack may be left out. Values are closed only where the
 * reference closes them, and fields that no schema names are kept.
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

/** Every event, in the order in which they are listed wherever there is a list. */
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

/** The `data` of one event, or of any when none is named. */
export type EventData<Name extends EventName = EventName> = z.infer<
  Extract<Definition, { name: Name }>['schema']
>

/** A delivery's parsed body; narrow it by its `event`. */
export type EventPayload<Name extends EventName = EventName> = {
  [N in Name]: Payload<N, EventData<N>>
}[Name]

const byName = new Map<string, EventDefinition>(catalogue.map((event) => [event.name, event]))

/** The definition with this wire name; undefined when there is none. */
export function findEvent(name: EventName): EventDefinition
export function findEvent(name: string): EventDefinition | undefined
export function findEvent(name: string): EventDefinition | undefined {
  return byName.get(name)
}

/** Says whether a text is the wire name of an event. */
export function isEventName(name: string): name is EventName {
  return byName.has(name)
}

/** The name in GraphQL: `todo_created` is `TODO_CREATED` there. */
export function enumName<Name extends EventName>(name: Name): Uppercase<Name> {
  return name.toUpperCase() as Uppercase<Name>
}
