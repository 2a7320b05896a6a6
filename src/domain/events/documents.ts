import { z } from 'zod'
import { defineEvent } from './definition.ts'

const PURPOSES = ['icp', 'case_study', 'product_family', 'product', 'deal-summary', null] as const

const documentSchema = z.object({
  document_id: z.string(),
  title: z.string(),
  template_id: z.string().nullable().describe('The template used. Null if there is none.'),
  template_title: z.string().nullable().describe('Title of the template used.'),
  template_purpose: z.literal(PURPOSES).describe('Null for a general-purpose template.'),
})

export const documentGenerated = defineEvent({
  name: 'document_generated',
  description:
    'Triggered when the AI generates a document from a template. Includes the template used.',
  schema: documentSchema,
  example: {
    data: {
      document_id: 'doc_abc123',
      title: 'Acme Corp Account Plan - Q4 2025',
      template_id: 'tmpl_xyz789',
      template_title: 'Account Plan',
      template_purpose: 'icp',
    },
    relations: { associated_account_ids: ['acc_123'] },
    timestamp: '2025-10-10T14:30:00.000Z',
  },
})

export const documentUpdated = defineEvent({
  name: 'document_updated',
  description:
    'Triggered when the AI updates an existing document, most often a deal summary that is ' +
    'regenerated after a new meeting or activity.',
  schema: documentSchema,
  example: {
    data: {
      document_id: 'doc_abc123',
      title: 'Acme Corp - Summary',
      template_id: 'tmpl_xyz789',
      template_title: 'Deal Summary',
      template_purpose: 'deal-summary',
    },
    relations: { associated_deal_ids: ['deal_101'] },
    timestamp: '2025-10-10T16:00:00.000Z',
  },
})
