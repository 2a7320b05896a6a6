import { decryptOrNull } from '../../destinations/signing-secret.ts'
import { maskSecret, SECRET_SHOWN_CHARACTERS } from '../../domain/signature.ts'
import type { SecretCipher } from '../../storage/secret-encryption.ts'
import { builder } from '../builder.ts'

builder.prismaObject('SigningSecret', {
  description:
    'The secret that signs the deliveries of a destination. Its receiver verifies signatures with it. To read it, use destinationRevealSecret.',
  fields: (t) => ({
    id: t.id({
      description:
        'A globally unique id for client caches, with the prefix sec_. It stays the same when the secret is rotated. The query node does not accept it.',
      resolve: ({ destinationId }) => destinationId.replace(/^whk_/, 'sec_'),
    }),
    masked: t.string({
      description: `The first ${SECRET_SHOWN_CHARACTERS} characters, followed by a "•" for each other character. Only "wsec_" and dots if the service cannot decrypt the secret; deliveries then fail with SECRET_UNAVAILABLE until it is rotated.`,
      resolve: ({ current, destinationId }, _args, { ports }) =>
        mask(ports.secrets, current, destinationId),
    }),
    createdAt: t.expose('createdAt', {
      type: 'DateTime',
      description: 'When it was created, with the destination or by the last rotation.',
    }),
    previousExpiresAt: t.field({
      type: 'DateTime',
      nullable: true,
      description:
        'Until when deliveries are signed with the previous secret too, so that receivers have time to change over. Null if only the current secret signs.',
      resolve: ({ previousExpiresAt }, _args, { ports }) =>
        previousExpiresAt && previousExpiresAt.getTime() > ports.clock.now()
          ? previousExpiresAt
          : null,
    }),
  }),
})

const UNREADABLE = `wsec_${'•'.repeat(40)}`

/** Masks a secret. One that cannot be decrypted is masked whole, so that the rest of the page still loads. */
function mask(secrets: SecretCipher, sealed: string, owner: string): string {
  const secret = decryptOrNull(secrets, sealed, owner)
  return secret === null ? UNREADABLE : maskSecret(secret)
}
