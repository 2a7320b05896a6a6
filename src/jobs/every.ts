import type { Clock, Logger } from '../services/ports.ts'

/** Runs some work at once and then now and then, one run at a time, until stopped. A run that fails is logged. */
export function every(
  { clock, log }: { clock: Clock; log: Logger },
  milliseconds: number,
  work: () => Promise<void>,
): { stop(): Promise<void> } {
  let running: Promise<void> | null = null
  const run = () => {
    running ??= work()
      .catch((error: unknown) => log.warn({ err: error }, 'a periodic run failed'))
      .finally(() => {
        running = null
      })
  }
  const timer = clock.setInterval(run, milliseconds)
  run()
  return {
    async stop() {
      clock.clearInterval(timer)
      await running
    },
  }
}
