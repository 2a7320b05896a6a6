import { completeRelations, type Relations as Lists } from '../../domain/events/relations.ts'
import { builder } from '../builder.ts'

export const Relations = builder.objectRef<Lists>('Relations').implement({
  description: "What an event is about in the customer's CRM, as ids in four lists.",
  fields: (t) => ({
    associatedAccountIds: t.exposeStringList('associated_account_ids', {
      description: 'Accounts that the event is about; empty when none is linked.',
    }),
    associatedContactIds: t.exposeStringList('associated_contact_ids', {
      description: 'Contacts that the event is about; empty when none is linked.',
    }),
    associatedDealIds: t.exposeStringList('associated_deal_ids', {
      description: 'Deals that the event is about; empty when none is linked.',
    }),
    associatedLeadIds: t.exposeStringList('associated_lead_ids', {
      description: 'Leads that the event is about; empty when none is linked.',
    }),
  }),
})

const idsOf = (things: string) =>
  `Ids of ${things} that the event is about, 1 to 255 characters each. Null or left out means none.`

export const RelationsInput = builder.inputType('RelationsInput', {
  description:
    "What the event is about in the customer's CRM. Receivers always get all four lists.",
  fields: (t) => ({
    associatedAccountIds: t.stringList({ description: idsOf('accounts') }),
    associatedContactIds: t.stringList({ description: idsOf('contacts') }),
    associatedDealIds: t.stringList({ description: idsOf('deals') }),
    associatedLeadIds: t.stringList({ description: idsOf('leads') }),
  }),
})

/** The four lists under the names of the payload; a list that is missing or null is an empty one. */
export function relationsOf(input: typeof RelationsInput.$inferInput | null | undefined): Lists {
  return completeRelations({
    associated_account_ids: input?.associatedAccountIds ?? [],
    associated_contact_ids: input?.associatedContactIds ?? [],
    associated_deal_ids: input?.associatedDealIds ?? [],
    associated_lead_ids: input?.associatedLeadIds ?? [],
  })
}
