import type { Setting } from '../../destinations/audit.ts'
import { FAILURE_LIMIT } from '../../domain/destination.ts'
import type { AuditAction as Action } from '../../generated/prisma/client.ts'
import { builder, Node } from '../builder.ts'
import { auditEntries } from '../readers.ts'
import { AuditActor, nameActor } from './actor.ts'

const AuditAction = builder.enumType('AuditAction', {
  description: 'An action on a destination.',
  values: {
    CREATED: { description: 'The destination was created.' },
    SETTINGS_CHANGED: { description: 'The name, the URL or the event types were changed.' },
    ACTIVATED: { description: 'The status became ACTIVE.' },
    DEACTIVATED: { description: 'The status became INACTIVE.' },
    DISABLED: {
      description: `The status became DISABLED, because ${FAILURE_LIMIT} attempts failed.`,
    },
    SECRET_REVEALED: { description: 'The signing secret was revealed.' },
    SECRET_ROTATED: {
      description: 'The signing secret was replaced, and the new one was returned.',
    },
  } satisfies Record<Action, { description: string }>,
})

const DestinationSetting = builder.enumType('DestinationSetting', {
  description: 'A setting of a destination.',
  values: {
    NAME: { value: 'name', description: 'The display name.' },
    URL: { value: 'url', description: 'The URL that deliveries are sent to.' },
    EVENTS: { value: 'events', description: 'The event types that the destination subscribes to.' },
  } satisfies Record<string, { value: Setting; description: string }>,
})

const AuditEntry = builder.prismaObject('AuditEntry', {
  description: 'One action on a destination. Entries are never changed.',
  interfaces: [Node],
  findUnique: auditEntries.key,
  fields: (t) => ({
    id: t.exposeID('id', { description: 'The id of the entry, with the prefix aud_.' }),
    action: t.expose('action', { type: AuditAction, description: 'The action.' }),
    actor: t.field({
      type: AuditActor,
      description: 'Who performed the action.',
      select: { userId: true, apiKey: { select: { id: true, name: true, organizationId: true } } },
      resolve: nameActor,
    }),
    changed: t.field({
      type: [DestinationSetting],
      description: 'The settings that were changed. Empty unless the action is SETTINGS_CHANGED.',
      resolve: ({ changed }) => changed as Setting[],
    }),
    createdAt: t.expose('createdAt', {
      type: 'DateTime',
      description: 'When the action was performed.',
    }),
  }),
})

export const AuditEntryConnection = builder.connectionObject(
  {
    type: AuditEntry,
    name: 'AuditEntryConnection',
    description: 'A page of an audit log, newest first.',
  },
  { name: 'AuditEntryEdge', description: 'An audit entry with its cursor.' },
)
