import { completeRelations, type Relations as Lists } from '../../domain/events/relations.ts'
import { MAX_RELATION_ID_LENGTH } from '../../publishing/event.ts'
import { builder } from '../builder.ts'

const related = (things: string) => `The ids of the related ${things}. Empty if there are none.`

export const Relations = builder.objectRef<Lists>('Relations').implement({
  description: 'The CRM records that an event relates to, as four lists of ids.',
  fields: (t) => ({
    associatedAccountIds: t.exposeStringList('associated_account_ids', {
      description: related('accounts'),
    }),
    associatedContactIds: t.exposeStringList('associated_contact_ids', {
      description: related('contacts'),
    }),
    associatedDealIds: t.exposeStringList('associated_deal_ids', {
      description: related('deals'),
    }),
    associatedLeadIds: t.exposeStringList('associated_lead_ids', {
      description: related('leads'),
    }),
  }),
})

const toRelate = (things: string) =>
  `The ids of the related ${things}, each 1 to ${MAX_RELATION_ID_LENGTH} characters. Null or left out: none.`

export const RelationsInput = builder.inputType('RelationsInput', {
  description: 'The CRM records that the event relates to. Payloads always contain all four lists.',
  fields: (t) => ({
    associatedAccountIds: t.stringList({ description: toRelate('accounts') }),
    associatedContactIds: t.stringList({ description: toRelate('contacts') }),
    associatedDealIds: t.stringList({ description: toRelate('deals') }),
    associatedLeadIds: t.stringList({ description: toRelate('leads') }),
  }),
})

/** Returns the four lists under their payload names. A list that is missing or null is empty. */
export function relationsOf(input: typeof RelationsInput.$inferInput | null | undefined): Lists {
  return completeRelations({
    associated_account_ids: input?.associatedAccountIds ?? [],
    associated_contact_ids: input?.associatedContactIds ?? [],
    associated_deal_ids: input?.associatedDealIds ?? [],
    associated_lead_ids: input?.associatedLeadIds ?? [],
  })
}
