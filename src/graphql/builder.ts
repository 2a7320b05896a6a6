import SchemaBuilder from '@pothos/core'
import DataloaderPlugin from '@pothos/plugin-dataloader'
import ErrorsPlugin from '@pothos/plugin-errors'
import PrismaPlugin from '@pothos/plugin-prisma'
import RelayPlugin from '@pothos/plugin-relay'
import ScopeAuthPlugin, { type AuthFailure, AuthScopeFailureType } from '@pothos/plugin-scope-auth'
import { SCOPES, type Scope } from '../domain/api-key.ts'
import type PrismaTypes from '../generated/pothos-prisma-types.ts'
import { getDatamodel } from '../generated/pothos-prisma-types.ts'
import type { Context } from './context.ts'
import { relayOptions } from './relay-options.ts'
import { forbidden, unauthenticated } from './request-error.ts'

export interface SchemaTypes {
  Context: Context
  PrismaTypes: PrismaTypes
  Scalars: {
    ID: { Input: string; Output: string }
    DateTime: { Input: Date; Output: Date }
    JSON: { Input: unknown; Output: unknown }
    URL: { Input: string; Output: string }
  }
  /** What a field can require of its caller: to be signed in, or a scope. */
  AuthScopes: { signedIn: boolean } & Record<Scope, boolean>
  /** A field that names two scopes requires both. */
  DefaultAuthStrategy: 'all'
  DefaultFieldNullability: false
  DefaultEdgesNullability: false
}

/** Every type of the API registers itself here. The schema needs no database: the context provides the client. */
export const builder = new SchemaBuilder<SchemaTypes>({
  // ErrorsPlugin comes first, so that it also catches what the resolvers of later plugins throw.
  plugins: [ErrorsPlugin, ScopeAuthPlugin, RelayPlugin, DataloaderPlugin, PrismaPlugin],
  defaultFieldNullability: false,
  prisma: {
    client: ({ ports }) => ports.db.prisma,
    dmmf: getDatamodel(),
    exposeDescriptions: false,
  },
  relay: relayOptions,
  errors: {
    directResult: true,
    defaultUnionOptions: {
      name: ({ fieldName }) => `${fieldName.charAt(0).toUpperCase()}${fieldName.slice(1)}Result`,
    },
  },
  scopeAuth: {
    authorizeOnSubscribe: true,
    defaultStrategy: 'all',
    authScopes: ({ viewer }) => ({ signedIn: viewer !== null, ...grantedScopes(viewer?.scopes) }),
    unauthorizedError: (_parent, { viewer }, _info, { failure }) =>
      viewer
        ? forbidden(missingScope(failure), viewer.apiKeyId === null ? 'token' : 'key')
        : unauthenticated(),
  },
})

export const Node = builder.nodeInterfaceRef()

function grantedScopes(scopes: ReadonlySet<Scope> | undefined): Record<Scope, boolean> {
  return Object.fromEntries(SCOPES.map((scope) => [scope, scopes?.has(scope) ?? false])) as Record<
    Scope,
    boolean
  >
}

function missingScope(failure: AuthFailure): string {
  if ('failures' in failure) return failure.failures.map(missingScope).join(' and ')
  return failure.kind === AuthScopeFailureType.AuthScope ? failure.scope : 'for it'
}
