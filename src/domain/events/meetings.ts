import { z } from 'zod'
import { defineEvent } from './definition.ts'
import { relationsSchema } from './relations.ts'

const meeting = {
  meeting_id: z.string().describe('The meeting.'),
  session_id: z.string().describe('The session of the meeting.'),
}

const speaker = z.object({
  name: z.string().describe('Name as shown in the transcript.'),
  email: z.string().nullish().describe('Null or absent if the speaker was not identified.'),
  device_id: z.string().nullish().describe('Null or absent if unknown.'),
})

export const transcriptionCreated = defineEvent({
  name: 'transcription_created',
  description:
    'Triggered when a meeting transcription is completed. CRM relations may follow ' +
    'later, in meeting_relations_created.',
  schema: z.object({
    ...meeting,
    transcript: z.string().describe('The full transcript as HTML.'),
    speakers: z.array(speaker).describe('All speakers in the session.'),
  }),
  example: {
    data: {
      meeting_id: 'mtg_abc123',
      session_id: 'ses_xyz789',
      transcript: '<transcript content in HTML format>',
      speakers: [{ name: 'John Doe', email: 'john@example.com', device_id: 'device_123' }],
    },
    relations: {
      associated_account_ids: ['acc_123'],
      associated_contact_ids: ['con_456', 'con_789'],
      associated_deal_ids: ['deal_101'],
    },
    timestamp: '2025-10-10T14:30:00.000Z',
  },
})

export const summaryCreated = defineEvent({
  name: 'summary_created',
  description: 'Triggered when a meeting summary is generated.',
  schema: z.object({
    ...meeting,
    summary: z.string().describe('The full summary as HTML.'),
  }),
  example: {
    data: {
      meeting_id: 'mtg_abc123',
      session_id: 'ses_xyz789',
      summary: '<summary content in HTML format>',
    },
    relations: {
      associated_account_ids: ['acc_123'],
      associated_contact_ids: ['con_456'],
      associated_deal_ids: ['deal_101'],
    },
    timestamp: '2025-10-10T14:30:00.000Z',
  },
})

const linked = {
  associated_account_ids: ['acc_123'],
  associated_contact_ids: ['con_456', 'con_789'],
  associated_deal_ids: ['deal_101'],
  associated_lead_ids: [],
}

export const meetingRelationsCreated = defineEvent({
  name: 'meeting_relations_created',
  description:
    "Triggered when a meeting's CRM relations are created after attribution, which may be long " +
    'after the transcription and the summary.',
  schema: z.object({
    ...meeting,
    relations: relationsSchema.describe("The same lists as in the payload's relations."),
  }),
  example: {
    data: { meeting_id: 'mtg_abc123', session_id: 'ses_xyz789', relations: linked },
    relations: linked,
    timestamp: '2025-10-10T16:00:00.000Z',
  },
})
