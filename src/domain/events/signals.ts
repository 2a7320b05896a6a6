import { z } from 'zod'
import { defineEvent } from './definition.ts'

export const signalAction = defineEvent({
  name: 'signal_action',
  description:
    'Triggered when a user clicks a configured signal action button in email, Slack or the feed.',
  schema: z.object({
    signalId: z.string(),
    signalSlug: z.string().describe('Name of the signal, such as "price-change".'),
    signalEventId: z.string().describe('The occurrence of the signal.'),
    userId: z.string().nullable().describe('The user who clicked. Null if unknown.'),
    userEmail: z
      .string()
      .nullable()
      .describe('Email address of the user who clicked. Null if unknown.'),
    objectType: z.string().nullable().describe('Type of the CRM object the signal is about.'),
    objectId: z.string().nullable().describe('ID of that object. Null if there is none.'),
    actionType: z
      .enum(['feedback', 'question'])
      .describe('"feedback": the predefined Yes and No. "question": a custom question.'),
    question: z.string().nullable().describe('The configured question. Null for feedback.'),
    label: z.string().describe('Label of the clicked button.'),
    value: z.string().describe('Configured value of the clicked button.'),
    miniAppId: z
      .string()
      .nullable()
      .describe('The mini app behind the signal. Null if there is none.'),
    respondedAt: z.string().describe('RFC 3339, UTC.'),
  }),
  example: {
    data: {
      signalId: 'sig_abc123',
      signalSlug: 'price-change',
      signalEventId: 'evt_xyz789',
      userId: 'usr_456',
      userEmail: 'jane@example.com',
      objectType: 'account',
      objectId: 'acc_123',
      actionType: 'feedback',
      question: null,
      label: 'Yes',
      value: 'yes',
      miniAppId: 'ma_123',
      respondedAt: '2026-05-05T14:30:00.000Z',
    },
    relations: { associated_account_ids: ['acc_123'] },
    timestamp: '2026-05-05T14:30:00.000Z',
  },
})
