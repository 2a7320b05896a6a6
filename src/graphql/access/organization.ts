import { builder } from '../builder.ts'
import { organizationOf } from '../context.ts'
import { Node } from '../node-interface.ts'

builder.prismaObject('Organization', {
  description:
    'A customer of Bigmind: the owner of destinations, events and keys. A key sees nothing beyond its own organization.',
  interfaces: [Node],
  findUnique: (_row, ctx) => ({ id: organizationOf(ctx) }),
  fields: (t) => ({
    id: t.exposeID('id', { description: "The organization's id, beginning with org_." }),
    name: t.exposeString('name', { description: 'What people call it.' }),
    externalId: t.exposeString('externalId', {
      nullable: true,
      description:
        "Bigmind's own id of this organization. Null for one that was not made by Bigmind.",
    }),
  }),
})
