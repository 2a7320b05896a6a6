import { z } from 'zod'

/** CRM ids in four lists. All four are always present; a list without ids is empty. */
export const relationsSchema = z.object({
  associated_account_ids: z.array(z.string()).describe('IDs of the related accounts.'),
  associated_contact_ids: z.array(z.string()).describe('IDs of the related contacts.'),
  associated_deal_ids: z.array(z.string()).describe('IDs of the related deals.'),
  associated_lead_ids: z.array(z.string()).describe('IDs of the related leads.'),
})

export type Relations = z.infer<typeof relationsSchema>

/** Returns the four lists in the order in which they are sent. A missing list is empty. */
export function completeRelations(relations: Partial<Relations>): Relations {
  return {
    associated_account_ids: relations.associated_account_ids ?? [],
    associated_contact_ids: relations.associated_contact_ids ?? [],
    associated_deal_ids: relations.associated_deal_ids ?? [],
    associated_lead_ids: relations.associated_lead_ids ?? [],
  }
}
