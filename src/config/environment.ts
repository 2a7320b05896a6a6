/** Environment variables by name. */
export type Variables = Readonly<Record<string, string | undefined>>

/**
 * Reads settings and collects their faults, so that all are reported together. An empty variable counts as not set. After a
 * fault, a reading method returns the default.
 */
export class Environment {
  /** One sentence for each invalid setting. */
  readonly faults: string[] = []
  readonly #variables: Variables

  constructor(variables: Variables) {
    this.#variables = variables
  }

  /** Records a fault and returns `fallback`. */
  refuse<Value>(sentence: string, fallback: Value): Value {
    this.faults.push(sentence)
    return fallback
  }

  text(name: string): string | null {
    return this.#variables[name] || null
  }

  integer(name: string, fallback: number, { from, to }: { from: number; to: number }): number {
    const text = this.text(name)
    if (text === null) return fallback
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= from && value <= to) return value
    return this.refuse(
      `${name} is "${text}"; it must be a whole number from ${from} to ${to}.`,
      fallback,
    )
  }

  /** Returns false for a variable that is not set. */
  boolean(name: string): boolean {
    const text = this.text(name)
    if (text === null || text === 'true' || text === 'false') return text === 'true'
    return this.refuse(`${name} is "${text}"; it must be true or false.`, false)
  }

  /** Returns the comma-separated entries, trimmed. */
  list(name: string): string[] {
    const entries = (this.text(name) ?? '').split(',').map((entry) => entry.trim())
    return entries.filter((entry) => entry !== '')
  }

  choice<Choice extends string>(
    name: string,
    choices: readonly Choice[],
    fallback: Choice,
  ): Choice {
    const text = this.text(name) ?? fallback
    const choice = choices.find((one) => one === text)
    return (
      choice ??
      this.refuse(`${name} is "${text}"; it must be one of ${choices.join(', ')}.`, fallback)
    )
  }
}
