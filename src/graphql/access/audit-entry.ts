import type { Setting } from '../../destinations/audit.ts'
import { FAILURE_LIMIT } from '../../domain/destination.ts'
import type { AuditAction as Action } from '../../generated/prisma/client.ts'
import { builder } from '../builder.ts'
import { organizationOf } from '../context.ts'
import { Node } from '../node-interface.ts'

const AuditAction = builder.enumType('AuditAction', {
  description: 'What was done with a destination.',
  values: {
    CREATED: { description: 'It was created.' },
    SETTINGS_CHANGED: { description: 'Its name, its URL or its selection of events changed.' },
    ACTIVATED: { description: 'It became ACTIVE.' },
    DEACTIVATED: { description: 'It became INACTIVE.' },
    DISABLED: { description: `It became DISABLED by its failed attempt number ${FAILURE_LIMIT}.` },
    SECRET_REVEALED: { description: 'Its secret was shown whole.' },
    SECRET_ROTATED: { description: 'Its secret was replaced, and the new one shown whole.' },
  } satisfies Record<Action, { description: string }>,
})

const AuditActorKind = builder.enumType('AuditActorKind', {
  description: 'What kind of actor did something.',
  values: {
    API_KEY: { description: 'An API key of your organization.' },
    USER: { description: 'A user of Bigmind, signed in by a token.' },
    PLATFORM: { description: "Bigmind's own backend." },
    SERVICE: { description: 'This service by itself.' },
  },
})

const DestinationSetting = builder.enumType('DestinationSetting', {
  description: 'What can be set of a destination.',
  values: {
    NAME: { value: 'name', description: 'What people call it.' },
    URL: { value: 'url', description: 'Where its deliveries are sent.' },
    EVENTS: { value: 'events', description: 'What it wants to be told.' },
  } satisfies Record<string, { value: Setting; description: string }>,
})

/** An actor as readers of the log are told of it. */
interface NamedActor {
  kind: typeof AuditActorKind.$inferType
  id?: string
  name?: string
}

const AuditActor = builder.objectRef<NamedActor>('AuditActor').implement({
  description: 'Who did something.',
  fields: (t) => ({
    kind: t.expose('kind', { type: AuditActorKind, description: 'What kind of actor it was.' }),
    id: t.exposeID('id', {
      nullable: true,
      description:
        "The key's id of an API_KEY; Bigmind's own id of a USER, null when the token's sub was no text. Null for the others.",
    }),
    name: t.exposeString('name', {
      nullable: true,
      description: "The key's name of an API_KEY. Null for the others.",
    }),
  }),
})

const AuditEntry = builder.prismaObject('AuditEntry', {
  description: 'One thing that was done with a destination. Entries are never changed.',
  interfaces: [Node],
  findUnique: ({ id }, ctx) => ({ id, destination: { organizationId: organizationOf(ctx) } }),
  fields: (t) => ({
    id: t.exposeID('id', { description: "The entry's id, beginning with aud_." }),
    action: t.expose('action', { type: AuditAction, description: 'What was done.' }),
    actor: t.field({
      type: AuditActor,
      description: 'Who did it.',
      select: { userId: true, apiKey: { select: { id: true, name: true, organizationId: true } } },
      resolve: nameActor,
    }),
    changed: t.field({
      type: [DestinationSetting],
      description: 'Which settings it changed. Empty unless SETTINGS_CHANGED.',
      resolve: ({ changed }) => changed as Setting[],
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was done.' }),
  }),
})

interface RecordedActor {
  apiKey: { id: string; name: string; organizationId: string | null } | null
  userId: string | null
}

function nameActor({ apiKey, userId }: RecordedActor): NamedActor {
  if (apiKey?.organizationId === null) return { kind: 'PLATFORM' }
  if (apiKey) return { kind: 'API_KEY', id: apiKey.id, name: apiKey.name }
  return userId === null ? { kind: 'SERVICE' } : { kind: 'USER', id: userId }
}

export const AuditEntryConnection = builder.connectionObject(
  {
    type: AuditEntry,
    name: 'AuditEntryConnection',
    description: 'A page of an audit log, newest first.',
  },
  { name: 'AuditEntryEdge', description: 'An entry and where it stands in its log.' },
)
