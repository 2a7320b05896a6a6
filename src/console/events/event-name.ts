import type { EventType } from '../generated/graphql.ts'

/** As the setup guide writes it: TRANSCRIPTION_CREATED is "Transcription Created". */
export const titleOf = (type: EventType) =>
  type
    .toLowerCase()
    .split('_')
    .map((word) => word[0]!.toUpperCase() + word.slice(1))
    .join(' ')
