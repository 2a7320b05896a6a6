import type { AuditLogAction as Action, Change } from '../../audit/entry.ts'
import type { Prisma } from '../../generated/prisma/client.ts'
import { builder, Node } from '../builder.ts'
import { comparableText, FILTER_RULE, oneOf } from '../filter.ts'
import { auditLogEntries } from '../readers.ts'
import { AuditActor, type AuditActorKind } from './actor.ts'

const AuditLogAction = builder.enumType('AuditLogAction', {
  description: 'An action in the audit log of an organization.',
  values: {
    KEY_CREATED: { description: 'An API key was created.' },
    KEY_REVOKED: { description: 'An API key was revoked.' },
    DESTINATION_CREATED: { description: 'A destination was created.' },
    DESTINATION_CHANGED: { description: 'The name, URL or event types of a destination changed.' },
    DESTINATION_ACTIVATED: { description: 'The status of a destination became ACTIVE.' },
    DESTINATION_DEACTIVATED: { description: 'The status of a destination became INACTIVE.' },
    DESTINATION_DELETED: { description: 'A destination was deleted, with its deliveries.' },
    SECRET_REVEALED: { description: 'The signing secret of a destination was revealed.' },
    SECRET_ROTATED: {
      description:
        'The signing secret of a destination was replaced, and the new one was returned.',
    },
    EVENT_ERASED: { description: 'The content of an event was erased.' },
  } satisfies Record<Action, { description: string }>,
})

const AuditLogChange = builder.objectRef<Change>('AuditLogChange').implement({
  description: 'A setting that an action changed. Secrets are never among them.',
  fields: (t) => ({
    setting: t.exposeString('setting', {
      description:
        'The name of the field in the API: name, url, events, status, scopes, expiresAt, or the argument overlapSeconds.',
    }),
    before: t.expose('before', {
      type: 'JSON',
      nullable: true,
      description: 'The value before the action. Null if there was none.',
    }),
    after: t.expose('after', {
      type: 'JSON',
      nullable: true,
      description: 'The value after the action. Null if there is none.',
    }),
  }),
})

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

const AuditLogEntry = builder.prismaObject('AuditLogEntry', {
  description:
    'An entry of the audit log of an organization. Entries are never changed, and outlive what they describe.',
  interfaces: [Node],
  findUnique: auditLogEntries.key,
  fields: (t) => ({
    id: t.exposeID('id', { description: 'The id of the entry, with the prefix log_.' }),
    sequence: t.exposeInt('sequence', {
      description:
        'The number of the entry: 1 for the first one of the organization, without gaps.',
    }),
    action: t.field({
      type: AuditLogAction,
      description: 'The action.',
      resolve: ({ action }) => action as Action,
    }),
    actor: t.field({
      type: AuditActor,
      description: 'Who performed the action, with the name at that time.',
      resolve: ({ actorId, actorKind, actorName }) => {
        const kind = actorKind as typeof AuditActorKind.$inferType
        // The platform key is not the organization's.
        if (kind === 'PLATFORM') return { kind }
        return { kind, ...(actorId && { id: actorId }), ...(actorName && { name: actorName }) }
      },
    }),
    subjectId: t.exposeID('subjectId', {
      description: 'The id of the API key, destination or event. It may no longer exist.',
    }),
    subjectName: t.exposeString('subjectName', {
      nullable: true,
      description:
        'The name of the API key or destination at that time; for an event, its wire name, such as "summary_created".',
    }),
    changes: t.field({
      type: [AuditLogChange],
      description: 'The settings that the action changed.',
      resolve: ({ changes }) => JSON.parse(changes) as Change[],
    }),
    createdAt: t.expose('createdAt', {
      type: 'DateTime',
      description: 'When the action was performed.',
    }),
    hash: t.string({
      description:
        'The SHA-256 of the entry and of the hash of the entry before it, in hexadecimal. Store it elsewhere to prove later that no entry up to this one has changed.',
      resolve: ({ hash }) => hex(hash),
    }),
    previousHash: t.string({
      description: 'The hash of the entry before it, in hexadecimal. Zeros for the first one.',
      resolve: ({ previousHash }) => hex(previousHash),
    }),
  }),
})

export const AuditLogConnection = builder.connectionObject(
  {
    type: AuditLogEntry,
    name: 'AuditLogEntryConnection',
    description: 'A page of the audit log of an organization, newest first.',
  },
  { name: 'AuditLogEntryEdge', description: 'An entry of an audit log with its cursor.' },
)

export const AuditLogFilter = builder.inputType('AuditLogFilter', {
  description: `Restricts an audit log. ${FILTER_RULE}`,
  fields: (t) => ({
    actions: t.field({
      type: [AuditLogAction],
      description: 'Matches entries with one of these actions. An empty list matches none.',
    }),
    actorId: t.id({
      description:
        'Matches entries of the API key with this id, or of the user with this sub claim.',
    }),
    subjectId: t.id({
      description: 'Matches entries about the API key, destination or event with this id.',
    }),
    since: t.field({
      type: 'DateTime',
      description: 'Matches actions that were performed at this time or later.',
    }),
    until: t.field({
      type: 'DateTime',
      description: 'Matches actions that were performed before this time.',
    }),
  }),
})

/** No token is longer, and so no sub claim. */
const MAX_ACTOR_ID_CHARACTERS = 8_192

const MAX_ID_CHARACTERS = 255

/** Returns the condition for the entries that a filter matches. */
export function entriesMatching(
  filter: typeof AuditLogFilter.$inferInput | null | undefined,
): Prisma.AuditLogEntryWhereInput {
  const { actions, actorId, subjectId, since, until } = filter ?? {}
  return {
    ...(actions && { action: oneOf(actions) }),
    ...(actorId != null && {
      actorId: comparableText('actorId', actorId, MAX_ACTOR_ID_CHARACTERS),
      actorKind: { in: ['API_KEY', 'USER'] },
    }),
    ...(subjectId != null && {
      subjectId: comparableText('subjectId', subjectId, MAX_ID_CHARACTERS),
    }),
    createdAt: { ...(since && { gte: since }), ...(until && { lt: until }) },
  }
}
