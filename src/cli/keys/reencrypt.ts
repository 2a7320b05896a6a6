import { type Reencryption, reencryptSecrets } from '../../destinations/reencryption.ts'
import type { Database } from '../../storage/database.ts'
import { createSecretCipher, type EncryptionKey } from '../../storage/secret-encryption.ts'

/**
 * Encrypts every signing secret with the first key of the ring.
 * @returns a summary
 * @throws an Error with the summary and what to do, when a secret is not encrypted with the first key in the end
 */
export async function reencrypt(db: Database, ring: readonly EncryptionKey[]): Promise<string> {
  const result = await reencryptSecrets({ db, secrets: createSecretCipher(ring) })
  const { already, reencrypted, unreadable } = result
  const summary = `${reencrypted} signing secrets re-encrypted, ${already} already were, ${unreadable} could not be decrypted.`
  const problems = problemsOf(result)
  if (problems.length === 0) return summary
  throw new Error([summary, ...problems].join('\n'))
}

function problemsOf({ complete, unreadableIn }: Reencryption): string[] {
  const problems: string[] = []
  if (unreadableIn.length > 0) {
    problems.push(
      `Not changed: the secrets of ${unreadableIn.join(', ')}. Add the key that decrypts them to ENCRYPTION_KEYS and run this again, or rotate them.`,
    )
  }
  if (!complete) {
    problems.push(
      'Another process encrypted with another key meanwhile. Restart every process with the new key first in ENCRYPTION_KEYS, then run this again.',
    )
  }
  return problems
}
