/**
 * Everything that a secret could be found as in a text that holds it: as it is, as hex, and as base64 wherever
 * in the encoded bytes it begins.
 */
export function formsOf(secret: string | Buffer): string[] {
  const bytes = Buffer.from(secret)
  const base64 = [0, 1, 2].map((before) => base64Within(bytes, before))
  const hex = bytes.toString('hex')
  return [
    ...(typeof secret === 'string' ? [secret] : []),
    ...base64,
    ...base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_')),
    hex,
    hex.toUpperCase(),
  ]
}

/** The characters that do not depend on what stands before or behind. */
function base64Within(bytes: Buffer, before: number): string {
  const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64')
  return text.slice(Math.ceil((before * 4) / 3), Math.floor(((before + bytes.length) * 4) / 3))
}

/** Those of the secrets that a text holds in any form, with the form in which it does. */
export function foundIn(text: string, secrets: readonly (string | Buffer)[]): string[] {
  return secrets.flatMap((secret) => formsOf(secret).filter((form) => text.includes(form)))
}
