import { sortScopes } from '../../domain/api-key.ts'
import { NotFoundError } from '../../domain/errors.ts'
import type { ApiKey as ApiKeyRow } from '../../generated/prisma/client.ts'
import { builder } from '../builder.ts'
import { type Context, organizationOf } from '../context.ts'
import { Node } from '../node-interface.ts'
import { isScope, Scope } from './scope.ts'

export const ApiKey = builder.prismaObject('ApiKey', {
  description:
    'A key of your organization for this API. The key itself is shown once, by apiKeyCreate: the service keeps only its SHA-256.',
  interfaces: [Node],
  findUnique: ({ id }, ctx) => ({ id, organizationId: organizationOf(ctx) }),
  fields: (t) => ({
    id: t.exposeID('id', { description: "The key's id, beginning with key_. It opens nothing." }),
    name: t.exposeString('name', { description: 'What people call it. Names need not be unique.' }),
    prefix: t.exposeString('prefix', {
      description: 'How the key itself begins, to tell it from others: 12 characters.',
    }),
    scopes: t.field({
      type: [Scope],
      description: 'What it may do. It can never be changed.',
      resolve: ({ scopes }) => sortScopes(scopes.filter(isScope)),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was made.' }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description: 'From then on it is refused. Null for one that holds until it is revoked.',
    }),
    lastUsedAt: t.expose('lastUsedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was last used, to about a minute. Null when it never was.',
    }),
    revokedAt: t.expose('revokedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was revoked. Null while it was not.',
    }),
  }),
})

/** Keys that are revoked or expired and still listed: they are never removed, as audit logs name them. */
const LISTED_ENDED = 100

builder.queryField('apiKeys', (t) =>
  t.prismaField({
    type: ['ApiKey'],
    description: `The API keys of your organization, newest first: all that are valid, and the last ${LISTED_ENDED} made of those that are revoked or expired. Needs the scope KEYS_MANAGE.`,
    authScopes: { KEYS_MANAGE: true },
    resolve: async (query, _root, _args, ctx) => {
      const { clock, db } = ctx.ports
      const organizationId = organizationOf(ctx)
      const now = new Date(clock.now())
      const valid = { revokedAt: null, OR: [{ expiresAt: null }, { expiresAt: { gt: now } }] }
      const ended = await db.prisma.apiKey.findMany({
        where: { organizationId, NOT: valid },
        select: { id: true },
        orderBy: { id: 'desc' },
        take: LISTED_ENDED,
      })
      return db.prisma.apiKey.findMany({
        ...query,
        where: { organizationId, OR: [valid, { id: { in: ended.map(({ id }) => id) } }] },
        orderBy: { id: 'desc' },
      })
    },
  }),
)

/**
 * Reads a key as it now stands.
 * @param query what the operation selects of it
 * @throws NotFoundError
 */
export async function readApiKey(query: object, id: string, ctx: Context): Promise<ApiKeyRow> {
  const where = { id, organizationId: organizationOf(ctx) }
  const found = await ctx.ports.db.prisma.apiKey.findUnique({ ...query, where })
  if (!found) throw new NotFoundError(id)
  return found
}
