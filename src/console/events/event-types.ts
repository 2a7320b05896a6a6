import type { EventType } from '../generated/graphql.ts'

/** The families, in the order in which they are shown. */
const FAMILIES = [
  'Meetings',
  'Notes',
  'Scorecards',
  'Frameworks',
  'Emails',
  'Action items',
  'Documents',
  'Agents and signals',
] as const

/** The family of each event type. The compiler requires one for a new type. */
const FAMILY: Record<EventType, (typeof FAMILIES)[number]> = {
  TRANSCRIPTION_CREATED: 'Meetings',
  SUMMARY_CREATED: 'Meetings',
  MEETING_RELATIONS_CREATED: 'Meetings',
  NOTES_CREATED: 'Notes',
  NOTES_UPDATED: 'Notes',
  SCORECARD_ANSWERS_CREATED: 'Scorecards',
  FRAMEWORK_ANSWERS_CREATED: 'Frameworks',
  FRAMEWORK_ANSWERS_UPDATED: 'Frameworks',
  EMAIL_GENERATED: 'Emails',
  EMAIL_SENT: 'Emails',
  TODO_CREATED: 'Action items',
  TODO_UPDATED: 'Action items',
  DOCUMENT_GENERATED: 'Documents',
  DOCUMENT_UPDATED: 'Documents',
  AGENT_RUN_COMPLETED: 'Agents and signals',
  SIGNAL_ACTION: 'Agents and signals',
}

/** Returns whether a value is an event type that this version of the console knows. */
export const isEventType = (text: unknown): text is EventType =>
  typeof text === 'string' && Object.hasOwn(FAMILY, text)

/** Groups items by the family of their event type. Leaves out empty families. */
export const byFamily = <Item extends { type: EventType }>(items: readonly Item[]) =>
  FAMILIES.map((family) => ({
    family,
    items: items.filter(({ type }) => FAMILY[type] === family),
  })).filter(({ items: members }) => members.length > 0)

/** Returns the title of an event type: TRANSCRIPTION_CREATED is "Transcription Created". */
export const titleOf = (type: EventType) =>
  type
    .toLowerCase()
    .split('_')
    .map((word) => word[0]!.toUpperCase() + word.slice(1))
    .join(' ')
