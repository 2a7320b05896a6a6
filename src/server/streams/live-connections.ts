import type { Authenticate, Authentication, Credentials } from '../../access/authentication.ts'
import type { Logger } from '../../telemetry/logger.ts'

/** A socket or an event stream that stays open for as long as its key is valid. */
export interface LiveConnection {
  /** What it was opened with; null while nobody has said who they are. */
  credentials: Credentials | null
  /** @param refused why its credentials are not valid any more; null when the server closes */
  end(refused: Authentication | null): void
}

export interface LiveConnections {
  /** @returns a function to call when the connection is gone */
  add(connection: LiveConnection): () => void
  /** Ends all of them, and each one that is added later. */
  close(): void
}

/**
 * Milliseconds between two looks at the keys of open connections. The authenticator trusts a key for 2 s,
 * so a revoked one is shown out within 3.5 s, and an expired one, which it trusts no longer than that, within 1.5 s.
 */
const RECHECK_EVERY = 1_500

/** Keeps the open connections and ends those whose key is no longer valid. */
export function watchLiveConnections(
  { authenticate, log }: { authenticate: Authenticate; log: Logger },
  recheckEvery = RECHECK_EVERY,
): LiveConnections {
  const open = new Set<LiveConnection>()
  let looking = false
  let closed = false

  const look = async () => {
    if (looking) return
    looking = true
    const bySender = Map.groupBy(open, ({ credentials }) => JSON.stringify(credentials))
    await Promise.all(
      [...bySender.values()].map(async (connections) => {
        const credentials = connections[0]?.credentials
        if (!credentials) return
        // A database that is away revokes nobody.
        const found = await authenticate(credentials).catch((error: unknown) => {
          log.warn({ err: error }, 'could not check the key of an open connection')
          return null
        })
        if (found?.viewer === null) for (const connection of connections) connection.end(found)
      }),
    )
    looking = false
  }
  const timer = setInterval(look, recheckEvery).unref()

  return {
    add: (connection) => {
      open.add(connection)
      // A handshake may arrive over a connection that was accepted before the close.
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
