import { decryptOrNull } from '../../destinations/signing-secret.ts'
import { maskSecret } from '../../domain/signature.ts'
import type { SecretCipher } from '../../storage/secret-encryption.ts'
import { builder } from '../builder.ts'

builder.prismaObject('SigningSecret', {
  description:
    'What signs the deliveries of one destination, and what its receiver verifies them with. See it whole with destinationRevealSecret.',
  fields: (t) => ({
    id: t.id({
      description:
        'Its id, beginning with sec_: unique everywhere, for caches, and the same after a rotation. It cannot be asked for through node.',
      resolve: ({ destinationId }) => destinationId.replace(/^whk_/, 'sec_'),
    }),
    masked: t.string({
      description:
        'Its first 6 characters, and a "•" for each of the others. Only "wsec_" and dots while the service cannot read it: deliveries then fail with SECRET_UNAVAILABLE until it is rotated.',
      resolve: ({ current, destinationId }, _args, { ports }) =>
        mask(ports.secrets, current, destinationId),
    }),
    createdAt: t.expose('createdAt', {
      type: 'DateTime',
      description: 'When it was made: with its destination, or by the last rotation.',
    }),
    previousExpiresAt: t.field({
      type: 'DateTime',
      nullable: true,
      description:
        'Until then the secret before it signs as well, so that receivers have time to change over. Null when it alone signs.',
      resolve: ({ previousExpiresAt }, _args, { ports }) =>
        previousExpiresAt && previousExpiresAt.getTime() > ports.clock.now()
          ? previousExpiresAt
          : null,
    }),
  }),
})

const UNREADABLE = `wsec_${'•'.repeat(40)}`

/** A secret that cannot be read, a matter of keys, must not take the whole page down with it. */
function mask(secrets: SecretCipher, sealed: string, owner: string): string {
  const secret = decryptOrNull(secrets, sealed, owner)
  return secret === null ? UNREADABLE : maskSecret(secret)
}
