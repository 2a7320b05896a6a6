/** The types that an id can name, by its prefix. */
const TYPES = {
  org: 'Organization',
  whk: 'Destination',
  evt: 'Event',
  dlv: 'Delivery',
  att: 'DeliveryAttempt',
  key: 'ApiKey',
  aud: 'AuditEntry',
} as const

export type NodeType = (typeof TYPES)[keyof typeof TYPES]

const ID = /^([a-z]+)_[0-9a-z]+$/

/** Whether a text has the form of our ids, and so may be compared with them in the database. */
export const isId = (text: string) => ID.test(text)

/** What kind of thing an id names, or would name; null when it is none of ours. */
export function typeOfId(id: string): NodeType | null {
  const prefix = ID.exec(id)?.[1] ?? ''
  return Object.hasOwn(TYPES, prefix) ? TYPES[prefix as keyof typeof TYPES] : null
}
