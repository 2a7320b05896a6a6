import type { Viewer as Caller } from '../../access/authentication.ts'
import { sortScopes } from '../../domain/api-key.ts'
import { builder, Node } from '../builder.ts'
import { organizationOf } from '../context.ts'
import { requires } from '../description.ts'
import { pageArguments } from '../pagination.ts'
import { auditLogEntries, organizations } from '../readers.ts'
import { unauthenticated } from '../request-error.ts'
import { AuditLogConnection, AuditLogFilter, entriesMatching } from './audit-log.ts'
import { AUDIT_LOG_SCOPES, Scope } from './scope.ts'

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
    auditLog: t.field({
      ...requires(
        'Who created and revoked API keys, created, changed and deleted destinations, revealed and rotated secrets, and erased events, newest first. Entries outlive what they describe.',
        ...AUDIT_LOG_SCOPES,
      ),
      type: AuditLogConnection,
      args: {
        ...pageArguments,
        filter: t.arg({ type: AuditLogFilter, description: 'Restricts the list.' }),
      },
      resolve: (_organization, { filter, ...args }, ctx, info) =>
        auditLogEntries.page(ctx, info, { args, where: entriesMatching(filter) }),
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
