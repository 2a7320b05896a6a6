import type { EventType } from '../generated/graphql.ts'

/** As the setup guide writes it: TRANSCRIPTION_CREATED is "Transcription Created". */
export const titleOf = (type: EventType) =>
  wireNameOf(type)
    .split('_')
    .map((word) => word[0]!.toUpperCase() + word.slice(1))
    .join(' ')

/** As payloads say it: TRANSCRIPTION_CREATED is "transcription_created". */
export const wireNameOf = (type: EventType) => type.toLowerCase()
