import type { Logger } from '../telemetry/logger.ts'
import type { Clock } from './clock.ts'

/**
 * Runs `work` at once and then once in each interval, until it is stopped. An interval that begins during a run is skipped.
 * A run that fails is logged and does not stop the following ones.
 * @param work receives a signal that is aborted when it must end early
 */
export function every(
  { clock, log }: { clock: Clock; log: Logger },
  milliseconds: number,
  work: (signal: AbortSignal) => Promise<void>,
): { stop(): Promise<void> } {
  const stopping = new AbortController()
  let running: Promise<void> | null = null
  const run = () => {
    running ??= Promise.resolve()
      .then(() => work(stopping.signal))
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
      stopping.abort()
      await running
    },
  }
}
