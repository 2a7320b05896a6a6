/** One run of benchmarks: its size, and the resources that it must close. */
export interface Run {
  readonly quick: boolean
  /** Additional options of Node.js for every service, for example to write a CPU profile. */
  readonly nodeOptions: readonly string[]
  /** Returns the full size, or the small one for a run that only checks that everything works. */
  size(full: number, quick: number): number
  /** Reports the progress. */
  say(text: string): void
  /** Returns a stack of resources, which are closed when the run is interrupted at the latest. */
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
