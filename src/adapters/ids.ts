import { typeid } from 'typeid-js'
import type { NewId } from '../services/ports.ts'

/** TypeIDs over UUIDv7: 26 characters behind the prefix, ascending within a process. */
export const newId: NewId = (prefix) => typeid(prefix).toString()
