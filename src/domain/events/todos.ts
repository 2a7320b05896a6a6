import { z } from 'zod'
import { defineEvent } from './definition.ts'

const todo = {
  todo_id: z.string(),
  type: z.enum(['email', 'meeting', 'task', 'linkedin']).describe('What is to be done.'),
  description: z.string().describe('The action item in words.'),
  due_at: z.string().nullable().describe('RFC 3339, UTC. Null when it has no due date.'),
  ai_generated: z.boolean(),
}

const target = {
  target_object_name: z.string().nullable().describe('Kind of object it is about, as "deal".'),
  target_object_id: z.string().nullable().describe('Id of that object. Null when it has none.'),
  target_table: z.string().nullable().describe('Where that object is kept, as "deals".'),
  parent_target_object_name: z.string().nullable().describe('Kind of the object above it.'),
  parent_target_object_id: z.string().nullable().describe('Id of the object above it.'),
  parent_target_table: z.string().nullable().describe('Where the object above it is kept.'),
}

export const todoCreated = defineEvent({
  name: 'todo_created',
  description:
    'Triggered when the AI creates an action item. It names the meeting that the item came from ' +
    'and the CRM object that it is about.',
  schema: z.object({
    ...todo,
    meeting_id: z.string().nullable().describe('The meeting it came from. Null for none.'),
    session_id: z.string().nullable().describe('The session it came from. Null for none.'),
    ...target,
  }),
  example: {
    data: {
      todo_id: 'todo_abc123',
      type: 'email',
      description: 'Send pricing proposal to John',
      due_at: '2025-10-17T09:00:00.000Z',
      ai_generated: true,
      meeting_id: 'mtg_abc123',
      session_id: 'ses_xyz789',
      target_object_name: 'deal',
      target_object_id: 'deal_101',
      target_table: 'deals',
      parent_target_object_name: 'account',
      parent_target_object_id: 'acc_123',
      parent_target_table: 'accounts',
    },
    relations: {
      associated_account_ids: ['acc_123'],
      associated_contact_ids: ['con_456'],
      associated_deal_ids: ['deal_101'],
    },
    timestamp: '2025-10-10T14:30:00.000Z',
  },
})

export const todoUpdated = defineEvent({
  name: 'todo_updated',
  description:
    'Triggered when an action item is updated: its status, priority, due date, assignment or the ' +
    'object that it is about. It carries the item as it now stands.',
  schema: z.object({
    ...todo,
    snoozed_until: z.string().nullable().describe('RFC 3339, UTC. Null when not snoozed.'),
    assigned_to: z.string().nullable().describe('The user it is assigned to. Null for nobody.'),
    priority: z.string().nullable().describe('Such as "high". Null when it has none.'),
    status: z.string().describe('Such as "done".'),
    completed_at: z.string().nullable().describe('RFC 3339, UTC. Null while it is open.'),
    ...target,
    updated_at: z.string().optional().describe('RFC 3339, UTC.'),
  }),
  example: {
    data: {
      todo_id: 'todo_abc123',
      type: 'email',
      description: 'Send pricing proposal to John',
      due_at: '2025-10-17T09:00:00.000Z',
      snoozed_until: null,
      ai_generated: true,
      assigned_to: 'user_123',
      priority: 'high',
      status: 'done',
      completed_at: '2025-10-11T10:15:00.000Z',
      target_object_name: 'deal',
      target_object_id: 'deal_101',
      target_table: 'deals',
      parent_target_object_name: 'account',
      parent_target_object_id: 'acc_123',
      parent_target_table: 'accounts',
      updated_at: '2025-10-11T10:15:00.000Z',
    },
    relations: {},
    timestamp: '2025-10-11T10:15:00.000Z',
  },
})
