import type { Viewer as Caller } from '../../access/authentication.ts'
import { sortScopes } from '../../domain/api-key.ts'
import { builder, Node } from '../builder.ts'
import { organizationOf } from '../context.ts'
import { organizations } from '../readers.ts'
import { unauthenticated } from '../request-error.ts'
import { Scope } from './scope.ts'

builder.prismaObject('Organization', {
  description:
    'A customer of Bigmind, which owns destinations, events and API keys. A key or token can access one organization only.',
  interfaces: [Node],
  findUnique: organizations.key,
  fields: (t) => ({
    id: t.exposeID('id', { description: 'The id of the organization, with the prefix org_.' }),
    name: t.exposeString('name', { description: 'The display name.' }),
    externalId: t.exposeString('externalId', {
      nullable: true,
      description:
        'The id of the organization in Bigmind. Null if it was not created from Bigmind.',
    }),
  }),
})

const Viewer = builder.objectRef<Caller>('Viewer').implement({
  description: 'The caller: the API key or user that authenticated this request.',
  fields: (t) => ({
    organization: t.prismaField({
      type: 'Organization',
      description: 'The organization that the caller acts for. All other data belongs to it.',
      resolve: (query, _viewer, _args, ctx) => organizations.get(ctx, query, organizationOf(ctx)),
    }),
    scopes: t.field({
      type: [Scope],
      description: 'The scopes of the key or token. Empty if it has none.',
      resolve: ({ scopes }) => sortScopes(scopes),
    }),
  }),
})

builder.queryField('viewer', (t) =>
  t.field({
    type: Viewer,
    description:
      'Returns the caller. Use it as a first query, to check that a key works. Requires no scope.',
    resolve: (_root, _args, { viewer }) => {
      if (!viewer) throw unauthenticated()
      return viewer
    },
  }),
)
