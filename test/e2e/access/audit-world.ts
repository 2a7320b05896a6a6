import { expect } from 'vitest'
import type { Viewer } from '../../../src/access/authentication.ts'
import { createGraphqlWorld } from '../graphql/world.ts'

const ENTRIES = `query ($first: Int, $after: String, $filter: AuditLogFilter) {
  viewer { organization { auditLog(first: $first, after: $after, filter: $filter) {
    nodes {
      id sequence action subjectId subjectName createdAt hash previousHash
      actor { kind id name } changes { setting before after }
    }
    pageInfo { hasNextPage endCursor }
  } } }
}`

/** A world whose audit logs a test reads and fills. */
export async function createAuditWorld() {
  const world = await createGraphqlWorld()

  async function pageOf(viewer: Viewer, variables: object = {}) {
    const { data, errors } = await world.run(viewer, ENTRIES, { first: 100, ...variables })
    expect(errors).toBeUndefined()
    return data.viewer.organization.auditLog
  }
  const logOf = async (viewer: Viewer, filter: object = {}) =>
    (await pageOf(viewer, { filter })).nodes
  return {
    world,
    pageOf,
    logOf,
    actionsOf: async (viewer: Viewer, filter?: object) =>
      (await logOf(viewer, filter)).map(({ action }: { action: string }) => action),
    /** Runs a mutation on the object with an id. */
    change: (viewer: Viewer, call: string, id = '') =>
      world.run(viewer, `mutation ($id: ID!) { ${call} { __typename } }`, { id }),
    user: async (): Promise<Viewer> => ({
      ...(await world.createViewer()),
      apiKeyId: null,
      userId: 'user_1',
    }),
  }
}
