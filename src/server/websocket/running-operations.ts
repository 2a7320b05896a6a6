/** The operations of one WebSocket, by the ids that the client chose. */
export interface RunningOperations {
  /** Returns the number of operations that have not ended, including those that the client has completed. */
  size(): number
  /** Marks an operation whose last message is being sent. The client can reuse its id then. */
  ending(id: string): void
  /**
   * Processes a message, for an operation until it has ended. An operation with the id of one that is ending starts when that
   * one has ended.
   */
  handle(text: string): Promise<void>
  /** Starts no further operations. */
  close(): void
}

interface Handlers {
  /** Processes a message, for an operation until it has ended. */
  handle(text: string): Promise<void>
  /** Refuses an operation whose id is in use. */
  refuse(id: string): void
}

interface Running {
  isEnding: boolean
  /** The message that starts the next operation with this id. */
  next: string | null
}

/**
 * Prevents two operations with one id from overlapping. graphql-ws frees an id as soon as the client completes the
 * operation, while its source is still ending; a second operation would then get messages of the first one.
 */
export function createRunningOperations({ handle, refuse }: Handlers): RunningOperations {
  const operations = new Map<string, Running>()

  async function run(id: string, text: string): Promise<void> {
    const operation: Running = { isEnding: false, next: null }
    operations.set(id, operation)
    try {
      await handle(text)
    } finally {
      operations.delete(id)
    }
    if (operation.next !== null) await run(id, operation.next)
  }

  async function subscribe(id: string, text: string): Promise<void> {
    const operation = operations.get(id)
    if (!operation) return run(id, text)
    if (!operation.isEnding || operation.next !== null) return refuse(id)
    operation.next = text
  }

  async function complete(id: string, text: string): Promise<void> {
    const operation = operations.get(id)
    if (!operation) return handle(text)
    if (operation.next !== null) {
      operation.next = null
      return
    }
    operation.isEnding = true
    return handle(text)
  }

  return {
    size: () => operations.size,
    ending: (id) => {
      const operation = operations.get(id)
      if (operation) operation.isEnding = true
    },
    close: () => {
      for (const operation of operations.values()) operation.next = null
    },
    handle: (text) => {
      const { id, type } = headOf(text)
      if (type === 'subscribe' && id) return subscribe(id, text)
      if (type === 'complete' && id) return complete(id, text)
      return handle(text)
    },
  }
}

/** Returns the id and the type of a message. Empty for a text that is not a message. */
function headOf(text: string): { id?: string; type?: string } {
  try {
    const { id, type } = Object(JSON.parse(text))
    return { ...(typeof id === 'string' && { id }), ...(typeof type === 'string' && { type }) }
  } catch {
    return {}
  }
}
