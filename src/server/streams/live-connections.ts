import type { Authenticate, Authentication, Credentials } from '../../access/authentication.ts'
import type { FindInvalid } from '../../access/key-check.ts'
import type { Logger } from '../../telemetry/logger.ts'

/** A WebSocket or an event stream, which stays open as long as its key or token is valid. */
export interface LiveConnection {
  /** The credentials of the client. Null until it has sent them. */
  credentials: Credentials | null
  /** @param refused the failed authentication; null if the server closes */
  end(refused: Authentication | null): void
}

export interface LiveConnections {
  /** Returns a function to call when the connection has closed. */
  add(connection: LiveConnection): () => void
  /** Ends all connections, and each one that is added later. */
  close(): void
}

/**
 * The interval at which the keys of open connections are checked. A key that is no longer valid is authenticated again, and the
 * authenticator caches a key for 2 s, but not beyond its expiry, so connections of a revoked key end within 3.5 s, and
 * those of an expired one within 1.5 s.
 */
const CHECK_INTERVAL_MS = 1_500

interface Options {
  authenticate: Authenticate
  /** Default: each key and token is authenticated again. */
  findInvalid?: FindInvalid
  log: Logger
}

/** Tracks open connections, and ends those whose key or token is no longer valid. */
export function watchLiveConnections(
  { authenticate, findInvalid = async (all) => [...all], log }: Options,
  checkIntervalMs = CHECK_INTERVAL_MS,
): LiveConnections {
  const open = new Set<LiveConnection>()
  let isChecking = false
  let closed = false

  async function endInvalid(): Promise<void> {
    const byKey = Map.groupBy(open, ({ credentials }) => credentials?.authorization ?? '')
    byKey.delete('')
    if (byKey.size === 0) return
    for (const key of await findInvalid([...byKey.keys()])) {
      const connections = byKey.get(key) ?? []
      // The organization of a platform key was checked when it connected.
      const found = await authenticate(connections[0]!.credentials!)
      if (!found.viewer) for (const connection of connections) connection.end(found)
    }
  }

  async function check(): Promise<void> {
    if (isChecking) return
    isChecking = true
    // If the database is unavailable, connections stay open.
    await endInvalid().catch((error: unknown) =>
      log.warn({ err: error }, 'could not check the keys of open connections'),
    )
    isChecking = false
  }
  const timer = setInterval(check, checkIntervalMs).unref()

  return {
    add: (connection) => {
      open.add(connection)
      // A handshake can arrive on a connection that was accepted before the server closed.
      if (closed) queueMicrotask(() => connection.end(null))
      return () => open.delete(connection)
    },
    close: () => {
      closed = true
      clearInterval(timer)
      for (const connection of open) connection.end(null)
    },
  }
}
