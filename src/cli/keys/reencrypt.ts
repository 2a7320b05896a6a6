import { type Reencryption, reencryptSecrets } from '../../destinations/reencryption.ts'
import type { Database } from '../../storage/database.ts'
import { createSecretCipher, type EncryptionKey } from '../../storage/secret-encryption.ts'

/**
 * Seals every signing secret with the first key of the ring.
 * @returns what was done, as a line
 * @throws with that line, and what is to be done about it, when a secret is not sealed with the first key in the end
 */
export async function reencrypt(db: Database, ring: readonly EncryptionKey[]): Promise<string> {
  const done = await reencryptSecrets({ db, secrets: createSecretCipher(ring) })
  const { already, reencrypted, unreadable } = done
  const line = `${reencrypted} signing secrets re-encrypted, ${already} were already, ${unreadable} could not be opened.`
  const left = inWords(done)
  if (left.length === 0) return line
  throw new Error([line, ...left].join('\n'))
}

function inWords({ complete, unreadableIn }: Reencryption): string[] {
  const left: string[] = []
  if (unreadableIn.length > 0) {
    left.push(
      `Left as they were: secrets of ${unreadableIn.join(', ')}. Add the key that opens them to ENCRYPTION_KEYS and run this again, or rotate them.`,
    )
  }
  if (!complete) {
    left.push(
      'Others went on encrypting with another key. Restart every process with the new key first in ENCRYPTION_KEYS, and run this again.',
    )
  }
  return left
}
