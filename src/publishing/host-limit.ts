import { createShares, type Shares } from '../concurrency/shares.ts'

/**
 * Test sends and manual retries to one host in a process and minute. Deliveries of events are not limited: destinations that
 * fail are disabled.
 */
export const MAX_SENDS_PER_HOST = 600

const WINDOW_MS = 60_000

/** A host has got so many test sends and manual retries that it gets no further one in this minute. */
export class HostLimitError extends Error {
  override name = 'HostLimitError'
  /** Whole seconds until the next minute begins. */
  readonly retryAfterSeconds: number
  constructor(retryAfterSeconds: number) {
    super(
      `The host of this destination got many test sends and manual retries in this minute; at most ${MAX_SENDS_PER_HOST} are sent to it, for all organizations. Nothing was sent: try again in ${retryAfterSeconds} s.`,
    )
    this.retryAfterSeconds = retryAfterSeconds
  }
}

export interface HostLimit {
  /**
   * Counts one request to the host of a URL.
   * @throws HostLimitError
   */
  take(url: string, organizationId: string): void
}

interface Window {
  /** One organization alone gets a part, so that others can still send to a host that they share. */
  shares: Shares
  endsAt: number
}

/**
 * Creates the limit, which protects hosts of third parties from many requests of this service. A window of a minute
 * begins with the first request to a host.
 */
export function createHostLimit(): HostLimit {
  /** By host, in the order in which they end. */
  const windows = new Map<string, Window>()

  function windowOf(host: string): Window {
    const now = performance.now()
    for (const [name, { endsAt }] of windows) {
      if (endsAt > now) break
      windows.delete(name)
    }
    const window = windows.get(host) ?? {
      shares: createShares(MAX_SENDS_PER_HOST),
      endsAt: now + WINDOW_MS,
    }
    windows.set(host, window)
    return window
  }

  return {
    take(url, organizationId) {
      const { shares, endsAt } = windowOf(new URL(url).hostname.replace(/\.$/, ''))
      if (!shares.hasRoom(organizationId)) {
        throw new HostLimitError(Math.max(1, Math.ceil((endsAt - performance.now()) / 1_000)))
      }
      shares.take(organizationId, 1)
    },
  }
}
