import type { DestinationKey } from '../../destinations/destination.ts'
import { revealSecret, rotateSecret } from '../../destinations/signing-secret.ts'
import { MAX_OVERLAP_SECONDS } from '../../domain/destination.ts'
import { NotFoundError, ValidationError } from '../../domain/errors.ts'
import { builder } from '../builder.ts'
import { refusals } from '../errors.ts'
import { destinationArgument, destinationTarget, readDestination } from './destination-key.ts'

interface Revealed {
  key: DestinationKey
  secret: string
}

const SecretRevealed = builder.objectRef<Revealed>('SecretRevealed').implement({
  description: 'A signing secret, whole. Keep it like a password.',
  fields: (t) => ({
    destination: t.prismaField({
      type: 'Destination',
      description: 'The destination whose deliveries it signs.',
      resolve: (query, { key }, _args, ctx) => readDestination(query, key, ctx),
    }),
    secret: t.exposeString('secret', {
      description: 'The whole "wsec_…" text, which as it stands is the key of the signatures.',
    }),
  }),
})

builder.mutationField('destinationRotateSecret', (t) =>
  t.field({
    type: SecretRevealed,
    description:
      'Replaces the secret by a fresh one and answers it whole. The next attempt is signed with it, also that of a delivery which waits already. Needs the scopes DESTINATIONS_WRITE and SECRETS_READ.',
    authScopes: { DESTINATIONS_WRITE: true, SECRETS_READ: true },
    args: {
      ...destinationArgument,
      overlapSeconds: t.arg.int({
        defaultValue: 0,
        description: `For how many seconds the old secret goes on signing beside the new one: 0 to ${MAX_OVERLAP_SECONDS}, a week. 0 and null mean not at all. One that cannot be read ends at once.`,
      }),
    },
    nullable: true,
    errors: refusals(
      'The new secret, or why the old one is still in force.',
      NotFoundError,
      ValidationError,
    ),
    resolve: async (_root, { id, overlapSeconds }, ctx) => {
      const target = destinationTarget(id, ctx)
      return { key: target, secret: await rotateSecret(ctx.ports, target, overlapSeconds ?? 0) }
    },
  }),
)

builder.mutationField('destinationRevealSecret', (t) =>
  t.field({
    type: SecretRevealed,
    description:
      'Shows the current secret whole, and writes into the audit log who has seen it. Needs the scope SECRETS_READ.',
    authScopes: { SECRETS_READ: true },
    args: destinationArgument,
    nullable: true,
    errors: refusals('The current secret, or that there is no such destination.', NotFoundError),
    resolve: async (_root, { id }, ctx) => {
      const target = destinationTarget(id, ctx)
      return { key: target, secret: await revealSecret(ctx.ports, target) }
    },
  }),
)
