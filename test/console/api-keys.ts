import type { Scope } from '../../src/domain/api-key.ts'
import { graphql } from '../../src/generated/graphql/index.ts'
import type { World } from '../helpers/world.ts'

const MakeKey = graphql(`
  mutation MakeKeyForTheConsole($input: ApiKeyCreateInput!) {
    apiKeyCreate(input: $input) {
      ... on ApiKeyCreated {
        key
        apiKey {
          id
        }
      }
    }
  }
`)

const RevokeKey = graphql(`
  mutation RevokeKeyOfTheConsole($id: ID!) {
    apiKeyRevoke(id: $id) {
      __typename
    }
  }
`)

/** Creates an API key. @returns the key, and a function that revokes it */
export async function makeKey(
  { client }: Pick<World, 'client'>,
  scopes: Scope[] = ['DESTINATIONS_READ'],
) {
  const { apiKeyCreate } = await client.request(MakeKey, { input: { name: 'Console', scopes } })
  if (!apiKeyCreate || !('key' in apiKeyCreate)) throw new Error('The key was not created')
  const { apiKey, key } = apiKeyCreate
  return { key, revoke: () => client.request(RevokeKey, { id: apiKey.id }) }
}
