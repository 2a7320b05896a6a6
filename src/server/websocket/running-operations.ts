interface Handlers {
  /** Processes a message, for an operation until it has ended. */
  handle(text: string): Promise<void>
  /** Refuses an operation whose id is in use. */
  refuse(id: string): void
}

interface Operation {
  isEnding: boolean
  /** The message that starts the next operation with this id. */
  next: string | null
}

/**
 * The operations of one WebSocket, by the ids that the client chose. Prevents two operations with one id from overlapping:
 * graphql-ws frees an id as soon as the client completes the operation, while its source is still ending; a second operation
 * would then get messages of the first one.
 */
export class RunningOperations {
  readonly #handlers: Handlers
  readonly #operations = new Map<string, Operation>()

  constructor(handlers: Handlers) {
    this.#handlers = handlers
  }

  /** Returns the number of operations that have not ended, including those that the client has completed. */
  size(): number {
    return this.#operations.size
  }

  /** Marks an operation whose last message is being sent. The client can reuse its id then. */
  ending(id: string): void {
    const operation = this.#operations.get(id)
    if (operation) operation.isEnding = true
  }

  /** Starts no further operations. */
  close(): void {
    for (const operation of this.#operations.values()) operation.next = null
  }

  /**
   * Processes a message, for an operation until it has ended. An operation with the id of one that is ending starts when that
   * one has ended.
   */
  handle(text: string): Promise<void> {
    const { id, type } = headOf(text)
    if (type === 'subscribe' && id) return this.#subscribe(id, text)
    if (type === 'complete' && id) return this.#complete(id, text)
    return this.#handlers.handle(text)
  }

  async #run(id: string, text: string): Promise<void> {
    const operation: Operation = { isEnding: false, next: null }
    this.#operations.set(id, operation)
    try {
      await this.#handlers.handle(text)
    } finally {
      this.#operations.delete(id)
    }
    if (operation.next !== null) await this.#run(id, operation.next)
  }

  async #subscribe(id: string, text: string): Promise<void> {
    const operation = this.#operations.get(id)
    if (!operation) return this.#run(id, text)
    if (!operation.isEnding || operation.next !== null) return this.#handlers.refuse(id)
    operation.next = text
  }

  async #complete(id: string, text: string): Promise<void> {
    const operation = this.#operations.get(id)
    if (!operation) return this.#handlers.handle(text)
    if (operation.next !== null) {
      operation.next = null
      return
    }
    operation.isEnding = true
    return this.#handlers.handle(text)
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
