/** Tells keys that somebody wrote from keys that were drawn at random. */

/** Differences between neighbours that a sequence, or a short block over and over, does not exceed. */
const FEW_STEPS = 8

/** Words of placeholders, as in "change-me-please" or "your-256-bit-secret". One in a million random texts has one. */
const PLACEHOLDER =
  /secret|change|example|sample|password|passwd|replace|default|insert|0123456789/i

/**
 * Whether all bytes are characters that one can type: a passphrase, hex digits, base64 that was encoded twice.
 * Of random keys of 32 bytes this is one in 6 * 10^13.
 */
export const isPrintable = (bytes: Uint8Array): boolean =>
  bytes.every((byte) => byte >= 0x20 && byte <= 0x7e)

/** Whether the bytes count up or down, repeat themselves, or are the alphabet: 00 01 02 …, "abcdefgh…", one byte. */
export function isSequence(bytes: Uint8Array): boolean {
  const steps = new Set<number>()
  for (let index = 1; index < bytes.length; index += 1) {
    steps.add((bytes[index]! - bytes[index - 1]! + 256) % 256)
  }
  return steps.size <= FEW_STEPS
}

/** Whether a text is what stands in for a key in instructions and examples. */
export const isSampleText = (text: string): boolean => PLACEHOLDER.test(text)
