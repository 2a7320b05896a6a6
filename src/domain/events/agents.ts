import { z } from 'zod'
import { defineEvent } from './definition.ts'

export const agentRunCompleted = defineEvent({
  name: 'agent_run_completed',
  description:
    'Triggered when an agent session completes, whether a user started it or it ran in the ' +
    'background. tools_used lists the tools it called.',
  schema: z.object({
    chat_id: z.string().describe('The agent session.'),
    agent_mode: z
      .string()
      .nullable()
      .describe('Purpose of the session, such as "post-meeting-automation".'),
    initiated_by: z
      .enum(['user', 'system'])
      .describe('"user": a rep opened the chat and wrote. "system": it ran in the background.'),
    object_type: z
      .string()
      .nullable()
      .describe('Type of the object it worked on. Null if there is none.'),
    object_id: z.string().nullable().describe('ID of that object. Null if there is none.'),
    tools_used: z.array(z.string()).describe('Names of the tools called, each once.'),
    message_count: z.number().describe('Number of messages in the session.'),
  }),
  example: {
    data: {
      chat_id: 'chat_abc123',
      agent_mode: 'post-meeting-automation',
      initiated_by: 'system',
      object_type: 'meeting_session',
      object_id: 'ses_xyz789',
      tools_used: ['createTodo', 'generateMeetingSummaryBySessionId', 'answerScorecardQuestion'],
      message_count: 6,
    },
    relations: { associated_deal_ids: ['deal_101'] },
    timestamp: '2025-10-10T14:32:00.000Z',
  },
})
