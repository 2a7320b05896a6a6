import { createGraphqlClient, type GraphqlClient } from '../../src/cli/graphql-client.ts'
import { SCOPES } from '../../src/domain/api-key.ts'
import { graphql } from '../../src/generated/graphql/gql.ts'
import { organizationKey } from './organization-key.ts'
import type { World } from './world.ts'

const AuditLog = graphql(`
  query TestAuditLog($id: ID!, $first: Int, $after: String) {
    destination(id: $id) {
      auditLog(first: $first, after: $after) {
        nodes { id action changed createdAt actor { kind id name } }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
`)

/** Reads one page of the audit log of a destination. */
export async function pageOf(client: GraphqlClient, id: string, first = 100, after?: string) {
  const { destination } = await client.request(AuditLog, { id, first, after: after ?? null })
  if (!destination) throw new Error(`There is no destination ${id}.`)
  return destination.auditLog
}

/** Reads the audit log of a destination, newest entry first. */
export const logOf = async (client: GraphqlClient, id: string) => (await pageOf(client, id)).nodes
/** Returns the actions in the audit log of a destination, newest first. */
export const actionsOf = async (client: GraphqlClient, id: string) =>
  (await logOf(client, id)).map(({ action }) => action)

/** Creates an API key in the organization of the world. Returns its client, and the actor that the log must show for it. */
export async function keyCalled({ app, organizationId, url }: World, name: string) {
  const apiKey = await organizationKey(app, organizationId, { name, scopes: SCOPES })
  const { id } = await app.ports.db.prisma.apiKey.findFirstOrThrow({ where: { name } })
  return { client: createGraphqlClient({ url, apiKey }), actor: { kind: 'API_KEY', id, name } }
}
