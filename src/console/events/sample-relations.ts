import type { RelationsInput } from '../generated/graphql.ts'

/** The lists of a payload as the API takes them: what a payload spells with "_" has capitals there. */
export const relationsOf = (relations: Record<string, string[]> | undefined): RelationsInput =>
  Object.fromEntries(
    Object.entries(relations ?? {}).map(([name, ids]) => [
      name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
      ids,
    ]),
  )
