import { TypeID, typeid } from 'typeid-js'
import type { IdPrefix, NewId } from '../services/ports.ts'

/** TypeIDs over UUIDv7: 26 characters behind the prefix, ascending within a process. */
export const newId: NewId = (prefix) => typeid(prefix).toString()

/** The lowest id that could have been made at a time: all that are below it are older. */
export function lowestId(prefix: IdPrefix, time: Date): string {
  const hex = time.getTime().toString(16).padStart(12, '0')
  return TypeID.fromUUID(
    prefix,
    `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`,
  ).toString()
}
