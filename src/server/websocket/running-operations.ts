/** The operations of one socket, by the ids that the client gave them. */
export interface RunningOperations {
  /** How many have begun and not ended, whether the client has completed them or not. */
  size(): number
  /** Marks an operation whose last message is being sent: the client may use its id again. */
  ending(id: string): void
  /**
   * Hands a message on. An operation whose id is still in use by one that is ending begins when that one has ended.
   * @returns when the message has been dealt with: for an operation, when it has ended
   */
  handle(text: string): Promise<void>
  /** Begins nothing any more. */
  close(): void
}

interface Handlers {
  /** Deals with a message, for an operation until its end. */
  handle(text: string): Promise<void>
  /** Refuses an operation whose id is in use. */
  refuse(id: string): void
}

interface Running {
  isEnding: boolean
  /** The message that begins the next operation of this id. */
  next: string | null
}

/**
 * Keeps two operations of one id apart. graphql-ws forgets an operation as soon as the client completes it, while
 * its source still ends; a second one of the same id would then get the messages of the first.
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

/** The id and the type of a message; neither for a text that is no message. */
function headOf(text: string): { id?: string; type?: string } {
  try {
    const { id, type } = Object(JSON.parse(text))
    return { ...(typeof id === 'string' && { id }), ...(typeof type === 'string' && { type }) }
  } catch {
    return {}
  }
}
