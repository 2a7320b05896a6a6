/** One run of benchmarks: how large it is, and what it must leave behind clean. */
export interface Run {
  readonly quick: boolean
  /** What every service is started with, beside its own: how to write a CPU profile, for example. */
  readonly nodeOptions: readonly string[]
  /** The full size, or the small one of a run that only shows that everything works. */
  size(full: number, quick: number): number
  /** Tells whoever watches what is going on. */
  say(text: string): void
  /** What is put on it is closed at the latest when the run is interrupted. */
  stack(): AsyncDisposableStack
  /** Closes all that is open. */
  interrupt(): Promise<void>
}

export function createRun(options: Pick<Run, 'quick' | 'nodeOptions' | 'say'>): Run {
  const { quick } = options
  const open = new Set<AsyncDisposableStack>()
  return {
    ...options,
    size: (full, small) => (quick ? small : full),
    stack() {
      const stack = new AsyncDisposableStack()
      open.add(stack)
      stack.defer(() => void open.delete(stack))
      return stack
    },
    async interrupt() {
      await Promise.allSettled([...open].map((stack) => stack.disposeAsync()))
    },
  }
}
