import { z } from 'zod'
import { defineEvent } from './definition.ts'

const component = z.object({
  component_id: z.string(),
  component_name: z.string().describe('Name, such as "Economic Buyer".'),
  component_type: z.string().optional().describe('Type of the value, such as "text".'),
  component_value: z.string().nullable().describe('Null if not known yet.'),
  component_status: z
    .string()
    .describe('Progress: "not-started", "in-progress" or "completed", for example.'),
})

const frameworkFields = {
  framework_id: z.string(),
  framework_name: z.string().describe('Name, such as "MEDDIC".'),
  target_object_name: z.string().describe('Type of the object it describes.'),
  target_object_id: z.string().describe('ID of the object it describes.'),
  components_and_values: z
    .array(component)
    .describe('All components with their current values, not only those that changed.'),
}

export const frameworkAnswersCreated = defineEvent({
  name: 'framework_answers_created',
  description:
    'Triggered when a framework component value is created. Includes all components of the ' +
    'framework with their current values.',
  schema: z.object({
    ...frameworkFields,
    created_at: z.string().optional().describe('RFC 3339, UTC.'),
  }),
  example: {
    data: {
      framework_id: 'fw_abc123',
      framework_name: 'MEDDIC',
      target_object_name: 'Opportunity',
      target_object_id: 'deal_101',
      components_and_values: [
        {
          component_id: 'comp_456',
          component_name: 'Metrics',
          component_value: 'Reduce lead enrichment time by 50%',
          component_status: 'completed',
        },
        {
          component_id: 'comp_457',
          component_name: 'Economic Buyer',
          component_value: 'VP of Sales',
          component_status: 'in-progress',
        },
        {
          component_id: 'comp_458',
          component_name: 'Decision Criteria',
          component_value: null,
          component_status: 'not-started',
        },
      ],
      created_at: '2025-10-10T14:30:00.000Z',
    },
    relations: { associated_deal_ids: ['deal_101'] },
    timestamp: '2025-10-10T14:30:00.000Z',
  },
})

export const frameworkAnswersUpdated = defineEvent({
  name: 'framework_answers_updated',
  description:
    'Triggered when a framework component value is updated. Includes all components of the ' +
    'framework with their current values.',
  schema: z.object({
    ...frameworkFields,
    updated_at: z.string().optional().describe('RFC 3339, UTC.'),
  }),
  example: {
    data: {
      framework_id: 'fw_abc123',
      framework_name: 'MEDDIC',
      target_object_name: 'Opportunity',
      target_object_id: 'deal_101',
      components_and_values: [
        {
          component_id: 'comp_456',
          component_name: 'Metrics',
          component_type: 'text',
          component_value: 'Reduce lead enrichment time by 50%',
          component_status: 'completed',
        },
        {
          component_id: 'comp_457',
          component_name: 'Economic Buyer',
          component_type: 'text',
          component_value: 'CEO',
          component_status: 'completed',
        },
        {
          component_id: 'comp_458',
          component_name: 'Decision Criteria',
          component_type: 'text',
          component_value: 'Price, ease of use, integration capabilities',
          component_status: 'in-progress',
        },
      ],
      updated_at: '2025-10-10T15:45:00.000Z',
    },
    relations: { associated_deal_ids: ['deal_101'] },
    timestamp: '2025-10-10T15:45:00.000Z',
  },
})
