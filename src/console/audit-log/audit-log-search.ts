import type { AuditLogAction } from '../generated/graphql.ts'

/** The actions of the audit log, with the words that the page shows. */
export const ACTION_NAMES: Record<AuditLogAction, string> = {
  KEY_CREATED: 'API key created',
  KEY_REVOKED: 'API key revoked',
  DESTINATION_CREATED: 'Webhook created',
  DESTINATION_CHANGED: 'Webhook changed',
  DESTINATION_ACTIVATED: 'Webhook activated',
  DESTINATION_DEACTIVATED: 'Webhook deactivated',
  DESTINATION_DELETED: 'Webhook deleted',
  SECRET_REVEALED: 'Secret revealed',
  SECRET_ROTATED: 'Secret rotated',
  EVENT_ERASED: 'Event erased',
}

export const ACTIONS = Object.keys(ACTION_NAMES) as AuditLogAction[]

/** The filter of the log, kept in the address. */
export interface AuditLogSearch {
  action?: AuditLogAction | undefined
}

export const readAuditLogSearch = ({ action }: Record<string, unknown>): AuditLogSearch => ({
  // The router would keep the value of a property that is missing here.
  action: ACTIONS.find((one) => one === action),
})
