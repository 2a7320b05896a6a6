import { z } from 'zod'
import { defineEvent } from './definition.ts'

export const emailGenerated = defineEvent({
  name: 'email_generated',
  description:
    'Triggered when the AI drafts an email and presents it to the rep for review. The rep may ' +
    'still change or discard it; email_sent reports the emails that were sent.',
  schema: z.object({
    subject: z.string(),
    to: z.string().nullable().describe('Null while the draft has no recipient.'),
    body: z.string().describe('The draft as HTML.'),
    chat_id: z.string().nullable().describe('The agent session that wrote it.'),
    agent_mode: z.string().nullable().describe('Purpose of that session, such as "follow-up".'),
  }),
  example: {
    data: {
      subject: 'Follow-up on our conversation',
      to: 'contact@example.com',
      body: '<p>Hi Jane, ...</p>',
      chat_id: 'chat_abc123',
      agent_mode: 'follow-up',
    },
    relations: {
      associated_account_ids: ['acc_123'],
      associated_contact_ids: ['con_456'],
      associated_deal_ids: ['deal_101'],
    },
    timestamp: '2025-10-10T14:30:00.000Z',
  },
})

export const emailSent = defineEvent({
  name: 'email_sent',
  description:
    'Triggered when the AI sends an email on behalf of a rep, after the rep has confirmed it.',
  schema: z.object({
    subject: z.string(),
    to: z.string().describe('The address it was sent to.'),
    integration_id: z
      .string()
      .describe('The mail integration that sent it, such as "google-gmail".'),
    user_id: z.string().describe('The rep it was sent on behalf of.'),
  }),
  example: {
    data: {
      subject: 'Follow-up on our conversation',
      to: 'contact@example.com',
      integration_id: 'google-gmail',
      user_id: 'usr_789',
    },
    relations: {
      associated_account_ids: ['acc_123'],
      associated_contact_ids: ['con_456'],
      associated_deal_ids: ['deal_101'],
    },
    timestamp: '2025-10-10T14:35:00.000Z',
  },
})
