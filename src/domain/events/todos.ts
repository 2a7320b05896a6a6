import { z } from 'zod'
import { defineEvent } from './definition.ts'

const todo = {
  todo_id: z.string(),
  type: z.enum(['email', 'meeting', 'task', 'linkedin']).describe('Type of action.'),
  description: z.string().describe('Description of the action item.'),
  due_at: z.string().nullable().describe('RFC 3339, UTC. Null if there is no due date.'),
  ai_generated: z.boolean(),
}

const target = {
  target_object_name: z.string().nullable().describe('Type of its object, such as "deal".'),
  target_object_id: z.string().nullable().describe('ID of its object. Null if there is none.'),
  target_table: z.string().nullable().describe('Table of its object, such as "deals".'),
  parent_target_object_name: z.string().nullable().describe('Type of the parent object.'),
  parent_target_object_id: z.string().nullable().describe('ID of the parent object.'),
  parent_target_table: z.string().nullable().describe('Table of the parent object.'),
}

export const todoCreated = defineEvent({
  name: 'todo_created',
  description:
    'Triggered when the AI creates an action item. Includes the meeting it came from and ' +
    'its CRM object.',
  schema: z.object({
    ...todo,
    meeting_id: z.string().nullable().describe('The meeting it came from. Null if there is none.'),
    session_id: z.string().nullable().describe('The session it came from. Null if there is none.'),
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
    'Triggered when an action item is updated: its status, priority, due date, assignment or ' +
    'object. Includes the current item.',
  schema: z.object({
    ...todo,
    snoozed_until: z.string().nullable().describe('RFC 3339, UTC. Null if not snoozed.'),
    assigned_to: z.string().nullable().describe('The assigned user. Null if unassigned.'),
    priority: z.string().nullable().describe('Priority, such as "high". Null if there is none.'),
    status: z.string().describe('Status, such as "done".'),
    completed_at: z.string().nullable().describe('RFC 3339, UTC. Null if not completed.'),
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
