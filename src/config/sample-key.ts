/** Maximum number of distinct differences between neighbouring bytes in a sequence or a repeated short block. */
const MAX_SEQUENCE_STEPS = 8

/** Words of placeholders such as "change-me-please" and "your-256-bit-secret". One random text in a million matches. */
const PLACEHOLDER =
  /secret|change|example|sample|password|passwd|replace|default|insert|0123456789/i

/**
 * Whether all bytes are printable ASCII: a passphrase, hex digits, or base64 that was encoded twice.
 * One random key of 32 bytes in 6 * 10^13 is printable.
 */
export const isPrintable = (bytes: Uint8Array): boolean =>
  bytes.every((byte) => byte >= 0x20 && byte <= 0x7e)

/** Whether the bytes count up or down or repeat a short block: 00 01 02 …, "abcdefgh…", one byte. */
export function isSequence(bytes: Uint8Array): boolean {
  const steps = new Set<number>()
  for (let index = 1; index < bytes.length; index += 1) {
    steps.add((bytes[index]! - bytes[index - 1]! + 256) % 256)
  }
  return steps.size <= MAX_SEQUENCE_STEPS
}

/** Whether a text is a placeholder for a key, as in instructions and examples. */
export const isSampleText = (text: string): boolean => PLACEHOLDER.test(text)
