import type { Viewer as ViewerShape } from '../../access/authentication.ts'
import { sortScopes } from '../../domain/api-key.ts'
import { builder } from '../builder.ts'
import { organizationOf } from '../context.ts'
import { unauthenticated } from '../request-error.ts'
import { Scope } from './scope.ts'

const Viewer = builder.objectRef<ViewerShape>('Viewer').implement({
  description: 'Who asks: the key that signs this request in, or the user whom a token names.',
  fields: (t) => ({
    organization: t.prismaField({
      type: 'Organization',
      description: 'The organization that the key belongs to or acts for, and all that it can see.',
      resolve: (query, _viewer, _args, ctx) =>
        ctx.ports.db.prisma.organization.findUniqueOrThrow({
          ...query,
          where: { id: organizationOf(ctx) },
        }),
    }),
    scopes: t.field({
      type: [Scope],
      description: 'What the key may do; empty for one that may only look who it is.',
      resolve: ({ scopes }) => sortScopes(scopes),
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
