import { TypeID, typeid } from 'typeid-js'

export type IdPrefix = 'org' | 'whk' | 'evt' | 'dlv' | 'att' | 'key' | 'aud'

/** Creates an id: a TypeID, ascending within a process and sortable by creation time. */
export type NewId = (prefix: IdPrefix) => string

/** Returns the lowest id of a time: all lower ids are older. */
export type LowestId = (prefix: IdPrefix, time: Date) => string

/** Returns when an id was created, by the clock of its process. Null for a text that is not an id. */
export type TimeOfId = (id: string) => Date | null

/** The ids are TypeIDs over UUIDv7, with 26 characters after the prefix. */
export const newId: NewId = (prefix) => typeid(prefix).toString()

/** A UUIDv7 begins with its time in milliseconds. */
export const lowestId: LowestId = (prefix, time) => {
  const hex = time.getTime().toString(16).padStart(12, '0')
  return TypeID.fromUUID(
    prefix,
    `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`,
  ).toString()
}

/** The first 48 bits of a UUIDv7 are its time in milliseconds. */
export const timeOfId: TimeOfId = (id) => {
  try {
    const uuid = TypeID.fromString(id).toUUID()
    return new Date(Number.parseInt(uuid.slice(0, 8) + uuid.slice(9, 13), 16))
  } catch {
    return null
  }
}
