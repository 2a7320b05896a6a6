import { builder } from '../builder.ts'

export const AuditActorKind = builder.enumType('AuditActorKind', {
  description: 'The kind of an actor.',
  values: {
    API_KEY: { description: 'An API key of your organization.' },
    USER: { description: 'A Bigmind user who authenticated with a token.' },
    PLATFORM: { description: 'The Bigmind backend.' },
    OPERATOR: { description: 'The operator of the service, by its command line.' },
    SERVICE: { description: 'The webhook service itself.' },
  },
})

/** An actor as clients see it. */
interface NamedActor {
  kind: typeof AuditActorKind.$inferType
  id?: string
  name?: string
}

export const AuditActor = builder.objectRef<NamedActor>('AuditActor').implement({
  description: 'The key, user or system that performed an action.',
  fields: (t) => ({
    kind: t.expose('kind', { type: AuditActorKind, description: 'The kind of the actor.' }),
    id: t.exposeID('id', {
      nullable: true,
      description:
        'For API_KEY, the id of the key. For USER, the sub claim of the token, null in entries whose token had none. Null for other kinds.',
    }),
    name: t.exposeString('name', {
      nullable: true,
      description: 'For API_KEY, the name of the key. Null for other kinds.',
    }),
  }),
})

interface RecordedActor {
  apiKey: { id: string; name: string; organizationId: string | null } | null
  userId: string | null
}

/** Returns the actor of a row. One without a key and a user is the service. */
export function nameActor({ apiKey, userId }: RecordedActor): NamedActor {
  if (apiKey?.organizationId === null) return { kind: 'PLATFORM' }
  if (apiKey) return { kind: 'API_KEY', id: apiKey.id, name: apiKey.name }
  return userId === null ? { kind: 'SERVICE' } : { kind: 'USER', id: userId }
}
