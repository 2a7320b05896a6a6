import { issueApiKey, revokeApiKey } from '../../access/api-key.ts'
import { API_KEY_LIMIT } from '../../domain/api-key.ts'
import { NotFoundError, ValidationError } from '../../domain/errors.ts'
import { NAME_LENGTH } from '../../domain/name.ts'
import { builder } from '../builder.ts'
import { organizationOf } from '../context.ts'
import { refusals } from '../errors.ts'
import { unauthenticated } from '../request-error.ts'
import { isId } from '../scalars/id.ts'
import { readApiKey } from './api-key.ts'
import { Scope } from './scope.ts'

const ApiKeyCreateInput = builder.inputType('ApiKeyCreateInput', {
  description: 'A new API key. None of this can be changed later: make another one instead.',
  fields: (t) => ({
    name: t.string({
      required: true,
      description: `What people will call it: 1 to ${NAME_LENGTH} characters; blanks around it are cut off.`,
    }),
    scopes: t.field({
      type: [Scope],
      required: true,
      description:
        'What it may do: at least one scope, and none that you lack yourself. Repetitions do not matter.',
    }),
    expiresAt: t.field({
      type: 'DateTime',
      description:
        'From when on it is refused: a time in the future. Null or left out: it holds until it is revoked.',
    }),
  }),
})

const ApiKeyCreated = builder.objectRef<{ id: string; key: string }>('ApiKeyCreated').implement({
  description: 'A new API key, and the only sight of it.',
  fields: (t) => ({
    apiKey: t.prismaField({
      type: 'ApiKey',
      description: 'What is known of it from now on.',
      resolve: (query, { id }, _args, ctx) => readApiKey(query, id, ctx),
    }),
    key: t.exposeString('key', {
      description:
        'The key itself, "bmk_…", to be sent as "Authorization: Bearer bmk_…". It is never shown again: keep it like a password.',
    }),
  }),
})

builder.mutationField('apiKeyCreate', (t) =>
  t.field({
    type: ApiKeyCreated,
    description: `Makes an API key for your organization and shows it, once. There can be ${API_KEY_LIMIT} that are neither revoked nor expired. Needs the scope KEYS_MANAGE.`,
    authScopes: { KEYS_MANAGE: true },
    args: {
      input: t.arg({ type: ApiKeyCreateInput, required: true, description: 'The key to make.' }),
    },
    nullable: true,
    errors: refusals('The new key, or why there is none.', ValidationError),
    resolve: (_root, { input }, { ports, viewer }) => {
      if (!viewer) throw unauthenticated()
      const { name, scopes, expiresAt = null } = input
      return issueApiKey(ports, viewer, { name, scopes, expiresAt })
    },
  }),
)

builder.mutationField('apiKeyRevoke', (t) =>
  t.prismaField({
    type: 'ApiKey',
    description:
      'Makes a key of your organization useless for good, within 5 seconds also for open sockets and streams. Revoking a revoked key changes nothing. A key may revoke itself. Needs the scope KEYS_MANAGE.',
    authScopes: { KEYS_MANAGE: true },
    args: {
      id: t.arg.id({ required: true, description: "The key's id, beginning with key_." }),
    },
    nullable: true,
    errors: refusals('The revoked key, or that there is none.', NotFoundError),
    resolve: async (query, _root, { id }, ctx) => {
      if (!isId(id)) throw new NotFoundError(id)
      await revokeApiKey(ctx.ports, { id, organizationId: organizationOf(ctx) })
      return readApiKey(query, id, ctx)
    },
  }),
)
