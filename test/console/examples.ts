import type { GraphqlClient } from '../../src/cli/graphql-client.ts'
import { catalogue, enumName } from '../../src/domain/events/index.ts'
import type { EventType } from '../../src/generated/graphql/graphql.ts'
import { PublishEvent } from '../helpers/operations.ts'

export const EVENTS = catalogue.map(({ name }) => enumName(name))

/** Returns the example of an event in the catalogue. */
export const exampleOf = (type: EventType) =>
  catalogue.find(({ name }) => enumName(name) === type)!.example

/** Publishes the example of an event in the catalogue. @returns the id of the event */
export async function publishExample(client: GraphqlClient, type: EventType): Promise<string> {
  const { data } = exampleOf(type)
  const { eventPublish } = await client.request(PublishEvent, { input: { event: type, data } })
  if (eventPublish.__typename !== 'EventPublished') throw new Error(eventPublish.message)
  return eventPublish.event.id
}
