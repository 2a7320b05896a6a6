import { issueApiKey } from '../../access/api-key.ts'
import {
  LackingScopesError,
  REVOCATION_SECONDS,
  revokeApiKey,
} from '../../access/key-revocation.ts'
import { API_KEY_LIMIT } from '../../domain/api-key.ts'
import { NotFoundError, ValidationError } from '../../domain/errors.ts'
import { NAME_LENGTH } from '../../domain/name.ts'
import { builder } from '../builder.ts'
import { actorOf } from '../context.ts'
import { grouped, requires } from '../description.ts'
import { apiKeys } from '../readers.ts'
import { refusals } from '../refusals.ts'
import { requestError, unauthenticated } from '../request-error.ts'
import { isId } from '../scalars/id.ts'
import { Scope } from './scope.ts'

const ApiKeyCreateInput = builder.inputType('ApiKeyCreateInput', {
  description:
    'The properties of a new API key. They cannot be changed later; create another key instead.',
  fields: (t) => ({
    name: t.string({
      required: true,
      description: `The display name, 1 to ${NAME_LENGTH} characters. Surrounding whitespace is removed.`,
    }),
    scopes: t.field({
      type: [Scope],
      required: true,
      description:
        'The scopes of the key: at least one, and only scopes that the caller has. Duplicates are ignored.',
    }),
    expiresAt: t.field({
      type: 'DateTime',
      description:
        'When the key expires: a time in the future, and at the latest when the key of this request expires. Null or left out: at the same time as the key of this request, which may be never.',
    }),
  }),
})

const ApiKeyCreated = builder.objectRef<{ id: string; key: string }>('ApiKeyCreated').implement({
  description: 'Contains the key, which is shown only once.',
  fields: (t) => ({
    apiKey: t.prismaField({
      type: 'ApiKey',
      description: 'The new API key.',
      resolve: (query, { id }, _args, ctx) => apiKeys.get(ctx, query, id),
    }),
    key: t.exposeString('key', {
      description:
        'The key itself, to send as "Authorization: Bearer bmk_…". It cannot be shown again: store it like a password.',
    }),
  }),
})

builder.mutationField('apiKeyCreate', (t) =>
  t.field({
    ...requires(
      `Creates an API key for your organization and returns it once. An organization can have ${grouped(API_KEY_LIMIT)} keys that are neither revoked nor expired.`,
      'KEYS_MANAGE',
    ),
    type: ApiKeyCreated,
    args: {
      input: t.arg({
        type: ApiKeyCreateInput,
        required: true,
        description: 'The properties of the key.',
      }),
    },
    nullable: true,
    errors: refusals('The new key, or the reason why none was created.', ValidationError),
    resolve: (_root, { input }, { ports, viewer }) => {
      if (!viewer) throw unauthenticated()
      const { name, scopes, expiresAt = null } = input
      return issueApiKey(ports, viewer, { name, scopes, expiresAt })
    },
  }),
)

builder.mutationField('apiKeyRevoke', (t) =>
  t.prismaField({
    ...requires(
      `Revokes an API key of your organization permanently. Within ${REVOCATION_SECONDS} seconds its requests are refused, and its open WebSockets and streams are closed. Revoking a revoked key changes nothing. A key can revoke itself, and keys whose scopes it all has. An owner key, which has all scopes, can revoke every key of the organization. Other keys get the error FORBIDDEN.`,
      'KEYS_MANAGE',
    ),
    type: 'ApiKey',
    args: {
      id: t.arg.id({ required: true, description: 'The id of the key, with the prefix key_.' }),
      cascade: t.arg.boolean({
        defaultValue: false,
        description:
          'Whether to revoke also the keys that this key created, and those that they created. Null means false.',
      }),
    },
    nullable: true,
    errors: refusals('The revoked key, or the reason why none was revoked.', NotFoundError),
    resolve: async (query, _root, { id, cascade }, ctx) => {
      const { ports, viewer } = ctx
      if (!viewer) throw unauthenticated()
      if (!isId(id)) throw new NotFoundError(id)
      const caller = { ...viewer, actor: actorOf(ctx) }
      await revokeApiKey(ports, caller, { id, cascade: cascade ?? false }).catch(throwForbidden)
      return apiKeys.get(ctx, query, id)
    },
  }),
)

function throwForbidden(error: unknown): never {
  if (!(error instanceof LackingScopesError)) throw error
  const scopes = error.scopes.join(' and ')
  throw requestError(
    'FORBIDDEN',
    `The key to revoke has the scope ${scopes}, which you lack. Use a key that has it, or an owner key, which has all scopes.`,
  )
}
