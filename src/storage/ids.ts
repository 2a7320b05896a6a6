import { TypeID, typeid } from 'typeid-js'

export type IdPrefix = 'org' | 'whk' | 'evt' | 'dlv' | 'att' | 'key' | 'aud' | 'log'

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

/** Characters of an id that contain its time: the prefix of 3 letters, "_", and 48 bits in base 32. */
const TIME_END_LENGTH = 14

/** Returns `id`, or if it is not above `last`, because the clock of another process is ahead, one of the next millisecond. */
export function idAfter(last: string, id: string): string {
  const time = timeOfId(last)
  if (id > last || !time) return id
  const prefix = id.slice(0, id.indexOf('_')) as IdPrefix
  const next = lowestId(prefix, new Date(time.getTime() + 1))
  return next.slice(0, TIME_END_LENGTH) + id.slice(TIME_END_LENGTH)
}
