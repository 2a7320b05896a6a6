import { TypeID, typeid } from 'typeid-js'

export type IdPrefix = 'org' | 'whk' | 'evt' | 'dlv' | 'att' | 'key' | 'aud'

/** Makes ids: TypeIDs, ascending within a process and sortable by creation time. */
export type NewId = (prefix: IdPrefix) => string

/** The lowest id that could have been made at a time: all that are below it are older. */
export type LowestId = (prefix: IdPrefix, time: Date) => string

/** When an id was made, by the clock of the process that made it. Null for a text that is no id. */
export type TimeOfId = (id: string) => Date | null

/** TypeIDs over UUIDv7: 26 characters behind the prefix, ascending within a process. */
export const newId: NewId = (prefix) => typeid(prefix).toString()

/** Of UUIDv7s, which begin with their time in milliseconds. */
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
