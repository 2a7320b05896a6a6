import type { Clock, Logger } from '../services/ports.ts'

/** Runs some work now and then, one run at a time, until stopped. A run that fails is logged, not repeated. */
export function every(
  { clock, log }: { clock: Clock; log: Logger },
  milliseconds: number,
  work: () => Promise<void>,
): { stop(): Promise<void> } {
  let running: Promise<void> | null = null
  const timer = clock.setInterval(() => {
    running ??= work()
      .catch((error: unknown) => log.warn({ err: error }, 'a periodic run failed'))
      .finally(() => {
        running = null
      })
  }, milliseconds)
  return {
    async stop() {
      clock.clearInterval(timer)
      await running
    },
  }
}
