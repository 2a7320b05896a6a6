import { API_KEY_PREFIX_LENGTH, sortScopes } from '../../domain/api-key.ts'
import { builder, Node } from '../builder.ts'
import { requires } from '../description.ts'
import { apiKeys } from '../readers.ts'
import { AuditActor, nameActor } from './actor.ts'
import { isScope, Scope } from './scope.ts'

builder.prismaObject('ApiKey', {
  description:
    'An API key of your organization. The key itself is returned once, by apiKeyCreate; the service stores only its SHA-256 hash.',
  interfaces: [Node],
  findUnique: apiKeys.key,
  fields: (t) => ({
    id: t.exposeID('id', {
      description: 'The id of the key, with the prefix key_. It is not a secret.',
    }),
    name: t.exposeString('name', { description: 'The display name. It need not be unique.' }),
    prefix: t.exposeString('prefix', {
      description: `The first ${API_KEY_PREFIX_LENGTH} characters of the key, to recognize it by.`,
    }),
    scopes: t.field({
      type: [Scope],
      description: 'The scopes of the key. They cannot be changed.',
      resolve: ({ scopes }) => sortScopes(scopes.filter(isScope)),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was created.' }),
    createdBy: t.field({
      type: AuditActor,
      nullable: true,
      description:
        'The key or user that created it. Null if the operator of the service created it, or if it is older than this field.',
      select: {
        createdByUserId: true,
        createdByKey: { select: { id: true, name: true, organizationId: true } },
      },
      resolve: ({ createdByKey, createdByUserId }) =>
        createdByKey || createdByUserId !== null
          ? nameActor({ apiKey: createdByKey, userId: createdByUserId })
          : null,
    }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it expires. Null if it does not expire.',
    }),
    lastUsedAt: t.expose('lastUsedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was last used, accurate to a minute. Null if it was never used.',
    }),
    revokedAt: t.expose('revokedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was revoked. Null if it is not revoked.',
    }),
  }),
})

/** Revoked and expired keys that are listed. Their rows are kept, because audit logs refer to them. */
const MAX_ENDED_KEYS = 100

builder.queryField('apiKeys', (t) =>
  t.prismaField({
    ...requires(
      `Returns the API keys of your organization, newest first: all valid ones, and the newest ${MAX_ENDED_KEYS} of those that are revoked or expired.`,
      'KEYS_MANAGE',
    ),
    type: ['ApiKey'],
    resolve: async (query, _root, _args, ctx) => {
      const now = new Date(ctx.ports.clock.now())
      const valid = { revokedAt: null, OR: [{ expiresAt: null }, { expiresAt: { gt: now } }] }
      const newestFirst = { orderBy: { id: 'desc' } } as const
      const ended = await apiKeys.list(
        ctx,
        { select: { id: true }, ...newestFirst, take: MAX_ENDED_KEYS },
        { NOT: valid },
      )
      return apiKeys.list(
        ctx,
        { ...query, ...newestFirst },
        { OR: [valid, { id: { in: ended.map(({ id }) => id) } }] },
      )
    },
  }),
)
