import { z } from 'zod'
import { defineEvent } from './definition.ts'

const warning = z.object({
  severity: z.string().describe('Severity, such as "high" or "medium".'),
  warning: z.string().describe('The warning.'),
  reasoning: z.string().nullable().describe('What in the conversation caused the warning.'),
})

const noteFields = {
  note_id: z.string(),
  note_type: z.string().describe('Type of note, such as "note" or "warnings".'),
  content: z
    .union([z.string(), z.array(warning)])
    .describe('The text of the note; for note_type "warnings", a list of warnings.'),
  user_id: z.string().nullable().describe('The author. Null if it was not written by a user.'),
  target_object_name: z.string().nullable().describe('Type of its object, such as "Contact".'),
  target_object_id: z.string().nullable().describe('ID of its object.'),
}

type Note = { note_type: string; content: unknown }

const isWarnings = (note: Note) => note.note_type === 'warnings'

const contentFitsType = (note: Note) => Array.isArray(note.content) === isWarnings(note)

const contentRule = {
  path: ['content'],
  error: ({ input }: { input?: unknown }) =>
    isWarnings(input as Note)
      ? 'Expected a list of warnings, because note_type is "warnings".'
      : 'Expected a string: only note_type "warnings" takes a list.',
}

/** The same rule for the readers of the JSON Schema, which cannot see a refinement. */
const contentRuleAsJsonSchema = {
  if: { properties: { note_type: { const: 'warnings' } } },
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema; nothing awaits it
  then: { properties: { content: { type: 'array' } } },
  else: { properties: { content: { type: 'string' } } },
}

export const notesCreated = defineEvent({
  name: 'notes_created',
  description:
    'Triggered when a new note is created. If note_type is "warnings", content is a list.',
  schema: z
    .object({ ...noteFields, created_at: z.string().optional().describe('RFC 3339, UTC.') })
    .refine(contentFitsType, contentRule)
    .meta(contentRuleAsJsonSchema),
  example: {
    data: {
      note_id: 'note_abc123',
      note_type: 'note',
      content: 'Follow up on pricing discussion',
      user_id: 'usr_456',
      target_object_name: 'Contact',
      target_object_id: 'con_789',
      created_at: '2025-10-10T14:30:00.000Z',
    },
    relations: { associated_contact_ids: ['con_789'] },
    timestamp: '2025-10-10T14:30:00.000Z',
  },
})

export const notesUpdated = defineEvent({
  name: 'notes_updated',
  description: 'Triggered when an existing note is updated. Includes the current note.',
  schema: z
    .object({ ...noteFields, updated_at: z.string().optional().describe('RFC 3339, UTC.') })
    .refine(contentFitsType, contentRule)
    .meta(contentRuleAsJsonSchema),
  example: {
    data: {
      note_id: 'note_abc123',
      note_type: 'note',
      content: 'Follow up on pricing discussion - scheduled for next week',
      user_id: 'usr_456',
      target_object_name: 'Contact',
      target_object_id: 'con_789',
      updated_at: '2025-10-10T15:45:00.000Z',
    },
    relations: { associated_contact_ids: ['con_789'] },
    timestamp: '2025-10-10T15:45:00.000Z',
  },
})
