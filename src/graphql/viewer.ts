import { SCOPES, type Scope as ScopeName } from '../domain/api-key.ts'
import type { Viewer as ViewerShape } from '../services/api-key.ts'
import { builder } from './builder.ts'
import { organizationOf } from './context.ts'
import { unauthenticated } from './request-error.ts'

const Scope = builder.enumType('Scope', {
  description:
    'What a key may do. A key without any scope can still read the catalogue of events and who it is.',
  values: {
    DESTINATIONS_READ: {
      description:
        'Read destinations, events, deliveries and attempts, and subscribe to them. Secrets stay masked.',
    },
    DESTINATIONS_WRITE: {
      description:
        'Create, change, activate and delete destinations, send tests, retry deliveries, and together with SECRETS_READ rotate secrets.',
    },
    SECRETS_READ: { description: 'See signing secrets whole.' },
    EVENTS_PUBLISH: { description: 'Publish events, and read back those just published.' },
    KEYS_MANAGE: { description: "Manage the organization's API keys." },
  } satisfies Record<ScopeName, { description: string }>,
})

const Viewer = builder.objectRef<ViewerShape>('Viewer').implement({
  description: 'Who asks: the key that signs this request in.',
  fields: (t) => ({
    organization: t.prismaField({
      type: 'Organization',
      description: 'The organization that the key belongs to, and all that it can see.',
      resolve: (query, _viewer, _args, ctx) =>
        ctx.ports.db.prisma.organization.findUniqueOrThrow({
          ...query,
          where: { id: organizationOf(ctx) },
        }),
    }),
    scopes: t.field({
      type: [Scope],
      description: 'What the key may do; empty for one that may only look who it is.',
      resolve: ({ scopes }) => SCOPES.filter((scope) => scopes.has(scope)),
    }),
  }),
})

builder.queryField('viewer', (t) =>
  t.field({
    type: Viewer,
    description: 'Who asks. A good first query, to see that a key works. Needs no scope.',
    resolve: (_root, _args, { viewer }) => {
      if (!viewer) throw unauthenticated()
      return viewer
    },
  }),
)
