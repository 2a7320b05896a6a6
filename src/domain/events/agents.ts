import { z } from 'zod'
import { defineEvent } from './definition.ts'

export const agentRunCompleted = defineEvent({
  name: 'agent_run_completed',
  description:
    'Triggered when an agent session completes, whether a user started it or it ran in the ' +
    'background. tools_used shows what the agent did.',
  schema: z.object({
    chat_id: z.string().describe('The agent session.'),
    agent_mode: z.string().nullable().describe('What it was for: "post-meeting-automation" ...'),
    initiated_by: z
      .enum(['user', 'system'])
      .describe('"user": a rep opened the chat and wrote. "system": it started in the background.'),
    object_type: z.string().nullable().describe('Kind of object it worked on. Null for none.'),
    object_id: z.string().nullable().describe('Id of that object. Null for none.'),
    tools_used: z.array(z.string()).describe('Names of the tools called, each once.'),
    message_count: z.number().describe('Messages in the session.'),
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
