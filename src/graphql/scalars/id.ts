/** The types of objects with an id, by prefix. */
const TYPES = {
  org: 'Organization',
  whk: 'Destination',
  evt: 'Event',
  dlv: 'Delivery',
  att: 'DeliveryAttempt',
  key: 'ApiKey',
  aud: 'AuditEntry',
  log: 'AuditLogEntry',
} as const

export type NodeType = (typeof TYPES)[keyof typeof TYPES]

const ID = /^([a-z]+)_[0-9a-z]+$/

/** Whether a text is a well-formed id. Only such a text is safe to compare in the database. */
export const isId = (text: string) => ID.test(text)

/** Returns the type that the prefix of an id stands for. Null for a malformed id. */
export function typeOfId(id: string): NodeType | null {
  const prefix = ID.exec(id)?.[1] ?? ''
  return Object.hasOwn(TYPES, prefix) ? TYPES[prefix as keyof typeof TYPES] : null
}
