import { catalogue, enumName } from '../../src/domain/events/index.ts'
import type { EventPublishInput } from '../../src/generated/graphql/graphql.ts'

/** Wire names of the catalogue, in its order. */
export const EVENT_NAMES: readonly string[] = catalogue.map(({ name }) => name)

/** The documented example of each event as an input, in the catalogue's order. */
export const exampleInputs = (): EventPublishInput[] =>
  catalogue.map(({ name, example }) => ({ event: enumName(name), data: example.data }))

/** The event that most benchmarks publish: its payload has about 600 bytes. */
export const TODO = 'todo_created'

export const todoInput = (): EventPublishInput => exampleInputs()[EVENT_NAMES.indexOf(TODO)]!

/** A batch of the same event. */
export const todoInputs = (count: number): EventPublishInput[] =>
  Array.from({ length: count }, todoInput)
