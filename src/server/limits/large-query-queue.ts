import type { ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { type ExecutionArgs, getOperationAST, type OperationDefinitionNode } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import type { Viewer } from '../../access/authentication.ts'
import { createShares } from '../../concurrency/shares.ts'
import { rateLimited } from '../errors.ts'
import { callerKey } from './slots.ts'

/** Rows from which an operation is large: its response can have 100 MB, which stay in memory until the client has read it. */
const MIN_LARGE_ROWS = 2_000

/** Large operations that run at once. An organization alone runs half of them. */
const MAX_LARGE_QUERIES = 4

/** Bytes of unread responses to large operations. An organization begins no further one while it has half of what is free. */
const MAX_UNREAD_BYTES = 256_000_000

/** Milliseconds between checks of what clients have read. */
const ROOM_INTERVAL_MS = 100

/** Large operations of one caller, and of one organization, that wait. */
const MAX_WAITING_QUERIES = 20
const MAX_WAITING_OF_ORGANIZATION_COUNT = 100

const RETRY_AFTER_SECONDS = 10

/**
 * Runs a few large operations at a time and queues the others. Small operations never wait. The organizations take turns, and
 * one that does not read its responses delays only itself.
 * @param sizes the rows that an operation can return; one without an entry is large
 */
export function queueLargeQueries(
  sizes: WeakMap<OperationDefinitionNode, number>,
): Plugin<{ res?: ServerResponse; viewer: Viewer | null }> {
  const queue = createQueue()
  return {
    onExecute: ({ args, executeFn, setExecuteFn, setResultAndStopExecution }) => {
      const operation = getOperationAST(args.document, args.operationName)
      const { res, viewer } = args.contextValue
      if (!viewer || !operation || (sizes.get(operation) ?? MIN_LARGE_ROWS) < MIN_LARGE_ROWS) return
      if (queue.isFull(viewer)) {
        setResultAndStopExecution({ errors: [tooManyWaiting] })
        return
      }
      setExecuteFn(async (executionArgs: ExecutionArgs) => {
        const release = await queue.start(viewer, res)
        // The result is of no use if the client has disconnected.
        if (res?.closed) {
          release()
          return { data: null }
        }
        res?.once('close', release)
        try {
          return await executeFn(executionArgs)
        } finally {
          release()
        }
      })
    },
  }
}

const tooManyWaiting = rateLimited(
  `${MAX_WAITING_QUERIES} of your large queries are already waiting. Wait for their responses, or request smaller pages.`,
  { status: 429, retryAfterSeconds: RETRY_AFTER_SECONDS },
)

function createQueue() {
  const turns = createShares(MAX_LARGE_QUERIES, 1)
  const memory = createUnreadMemory()
  const waiting = createCounter()
  return {
    isFull: (viewer: Viewer) =>
      waiting.count(callerKey(viewer)) >= MAX_WAITING_QUERIES ||
      waiting.count(viewer.organizationId) >= MAX_WAITING_OF_ORGANIZATION_COUNT,
    /** Waits for a turn. Returns a function to call when the operation has ended. */
    async start(viewer: Viewer, response: ServerResponse | undefined): Promise<() => void> {
      const { organizationId } = viewer
      const stopWaiting = waiting.add([callerKey(viewer), organizationId])
      while (!memory.hasRoom(organizationId) && !response?.closed) await pause(ROOM_INTERVAL_MS)
      await turns.acquire(organizationId, 1)
      stopWaiting()
      if (response) memory.add(organizationId, response)
      return once(() => turns.release(organizationId, 1))
    },
  }
}

/** Returns a function that runs `work` only at its first call. */
function once(work: () => void): () => void {
  let isDone = false
  return () => {
    if (isDone) return
    isDone = true
    work()
  }
}

function createCounter() {
  const counts = new Map<string, number>()
  const change = (name: string, by: 1 | -1) => {
    const count = (counts.get(name) ?? 0) + by
    if (count > 0) counts.set(name, count)
    else counts.delete(name)
  }
  return {
    count: (name: string) => counts.get(name) ?? 0,
    add(names: readonly string[]): () => void {
      for (const name of names) change(name, 1)
      return () => {
        for (const name of names) change(name, -1)
      }
    },
  }
}

/** Knows how many bytes of responses to large operations the clients have not read. */
function createUnreadMemory() {
  const open = new Map<ServerResponse, string>()
  return {
    /** Whether the organization has less unread than is free. */
    hasRoom(organizationId: string): boolean {
      let total = 0
      let own = 0
      for (const [{ writableLength }, owner] of open) {
        total += writableLength
        if (owner === organizationId) own += writableLength
      }
      return own === 0 || own < MAX_UNREAD_BYTES - total
    },
    add(organizationId: string, response: ServerResponse): void {
      open.set(response, organizationId)
      response.once('close', () => open.delete(response))
      if (response.closed) open.delete(response)
    },
  }
}
