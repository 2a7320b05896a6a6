import type { DestinationKey } from '../../destinations/destination.ts'
import { revealSecret, rotateSecret } from '../../destinations/signing-secret.ts'
import { MAX_OVERLAP_SECONDS } from '../../domain/destination.ts'
import { NotFoundError, ValidationError } from '../../domain/errors.ts'
import { builder } from '../builder.ts'
import { grouped, requires } from '../description.ts'
import { destinations } from '../readers.ts'
import { refusals } from '../refusals.ts'
import { destinationArgument, destinationTarget } from './destination-argument.ts'

interface Revealed {
  key: DestinationKey
  secret: string
}

const SecretRevealed = builder.objectRef<Revealed>('SecretRevealed').implement({
  description: 'Contains a signing secret in plain text. Store it like a password.',
  fields: (t) => ({
    destination: t.prismaField({
      type: 'Destination',
      description: 'The destination whose deliveries it signs.',
      resolve: (query, { key }, _args, ctx) => destinations.get(ctx, query, key.id),
    }),
    secret: t.exposeString('secret', {
      description:
        'The secret, as in "wsec_…". The whole text, including the prefix, is the key of the signatures.',
    }),
  }),
})

builder.mutationField('destinationRotateSecret', (t) =>
  t.field({
    ...requires(
      'Replaces the signing secret with a new one and returns it. The new secret signs every attempt from now on, including those of deliveries that are already pending.',
      'DESTINATIONS_WRITE',
      'SECRETS_READ',
    ),
    type: SecretRevealed,
    args: {
      ...destinationArgument,
      overlapSeconds: t.arg.int({
        defaultValue: 0,
        description: `For how many seconds the previous secret signs too, 0 to ${grouped(MAX_OVERLAP_SECONDS)} (one week). 0 and null revoke it at once. A previous secret that cannot be decrypted is revoked at once, too.`,
      }),
    },
    nullable: true,
    errors: refusals(
      'The new secret, or the reason why it was not rotated.',
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
    ...requires(
      'Returns the current signing secret in plain text. The audit log records the caller.',
      'SECRETS_READ',
    ),
    type: SecretRevealed,
    args: destinationArgument,
    nullable: true,
    errors: refusals('The current secret, or the reason why it was not revealed.', NotFoundError),
    resolve: async (_root, { id }, ctx) => {
      const target = destinationTarget(id, ctx)
      return { key: target, secret: await revealSecret(ctx.ports, target) }
    },
  }),
)
