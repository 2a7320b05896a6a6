/** Environment variables by name. */
export type Variables = Readonly<Record<string, string | undefined>>

/**
 * Reads settings and collects every fault in them, so that all are reported together. An empty variable counts as one that is
 * not set. Each reading method returns the default after a fault.
 */
export class Environment {
  /** One sentence for each setting that cannot be used. */
  readonly faults: string[] = []
  readonly #variables: Variables

  constructor(variables: Variables) {
    this.#variables = variables
  }

  /** Records a fault and returns the value to go on with. */
  refuse<Value>(sentence: string, otherwise: Value): Value {
    this.faults.push(sentence)
    return otherwise
  }

  text(name: string): string | null {
    return this.#variables[name] || null
  }

  whole(name: string, otherwise: number, { from, to }: { from: number; to: number }): number {
    const text = this.text(name)
    if (text === null) return otherwise
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= from && value <= to) return value
    return this.refuse(
      `${name} is "${text}"; it is a whole number from ${from} to ${to}.`,
      otherwise,
    )
  }

  /** False when it is not set. */
  boolean(name: string): boolean {
    const text = this.text(name)
    if (text === null || text === 'true' || text === 'false') return text === 'true'
    return this.refuse(`${name} is "${text}"; it is true or false.`, false)
  }

  /** The entries between commas, without blanks around them. */
  list(name: string): string[] {
    const entries = (this.text(name) ?? '').split(',').map((entry) => entry.trim())
    return entries.filter((entry) => entry !== '')
  }

  choice<Choice extends string>(
    name: string,
    choices: readonly Choice[],
    otherwise: Choice,
  ): Choice {
    const text = this.text(name) ?? otherwise
    const choice = choices.find((one) => one === text)
    return (
      choice ?? this.refuse(`${name} is "${text}"; it is one of ${choices.join(', ')}.`, otherwise)
    )
  }
}
