/**
 * Everything that a secret could be found as in a text that holds it: as it is, as hex, as base64 wherever in the
 * encoded bytes it begins, and each of them as a URL would have it.
 */
export function formsOf(secret: string | Buffer): string[] {
  const bytes = Buffer.from(secret)
  const base64 = [0, 1, 2].map((before) => base64Within(bytes, before))
  const hex = bytes.toString('hex')
  const plain = [
    ...(typeof secret === 'string' ? [secret] : []),
    ...base64,
    ...base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_')),
    hex,
    hex.toUpperCase(),
  ]
  const everyByte = hex.replaceAll(/../g, '%$&')
  return [
    ...new Set([...plain, ...plain.map(encodeURIComponent), everyByte, everyByte.toUpperCase()]),
  ]
}

/** Returns the characters of base64 that do not depend on the bytes before and after. */
function base64Within(bytes: Buffer, before: number): string {
  const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64')
  return text.slice(Math.ceil((before * 4) / 3), Math.floor(((before + bytes.length) * 4) / 3))
}

/** The forms in which a text holds any of the secrets. Goes through the text once, however many there are. */
export function foundIn(text: string, secrets: readonly (string | Buffer)[]): string[] {
  const forms = secrets.flatMap(formsOf)
  const length = Math.min(...forms.map((form) => form.length))
  const byBeginning = Map.groupBy(forms, (form) => form.slice(0, length))
  const found = new Set<string>()
  for (let at = 0; at + length <= text.length; at += 1) {
    const beginning = text.slice(at, at + length)
    for (const form of byBeginning.get(beginning) ?? []) {
      if (text.startsWith(form, at)) found.add(form)
    }
  }
  return [...found]
}
