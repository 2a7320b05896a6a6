import type { EventType } from '../generated/graphql.ts'

/** In the order in which they are shown. */
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

/** Which family each event belongs to. A new event does not compile until it has one. */
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

/** Whether there is such an event, as this console was built. */
export const isEventType = (text: unknown): text is EventType =>
  typeof text === 'string' && Object.hasOwn(FAMILY, text)

/** Sorts things that have an event's type into the families; empty ones are left out. */
export const byFamily = <Item extends { type: EventType }>(items: readonly Item[]) =>
  FAMILIES.map((family) => ({
    family,
    items: items.filter(({ type }) => FAMILY[type] === family),
  })).filter(({ items: members }) => members.length > 0)

/** As the setup guide writes it: TRANSCRIPTION_CREATED is "Transcription Created". */
export const titleOf = (type: EventType) =>
  type
    .toLowerCase()
    .split('_')
    .map((word) => word[0]!.toUpperCase() + word.slice(1))
    .join(' ')
