import type { ServerResponse } from 'node:http'
import { type ExecutionArgs, getOperationAST, type OperationDefinitionNode } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import type { Viewer } from '../../access/authentication.ts'
import { rateLimited } from '../errors.ts'
import { callerKey, createSlots, type Slot, type SlotLimits } from './slots.ts'

/** Rows from which an operation is large: its response can have 100 MB, which stay in memory until the client has read it. */
const MIN_LARGE_ROWS = 2_000

/** Large operations that run at once. No caller and no organization can take all slots. */
const LIMITS: SlotLimits = { process: 4, organization: 3, caller: 2 }

/** Large operations of one caller that wait. */
const MAX_WAITING_QUERIES = 20

const RETRY_AFTER_SECONDS = 10

/**
 * Runs a few large operations at a time and queues the others. Small operations never wait. An operation ends when its
 * response has been sent; on a WebSocket, when its result is complete.
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
      if (queue.waiting(viewer) >= MAX_WAITING_QUERIES) {
        setResultAndStopExecution({ errors: [tooManyWaiting] })
        return
      }
      setExecuteFn(async (executionArgs: ExecutionArgs) => {
        const release = await queue.start(viewer)
        // The result is of no use if the client has disconnected.
        if (res?.closed) release()
        else res?.once('close', release)
        try {
          return res?.closed ? { data: null } : await executeFn(executionArgs)
        } finally {
          if (!res) release()
        }
      })
    },
  }
}

const tooManyWaiting = rateLimited(
  `${MAX_WAITING_QUERIES} of your large queries are already waiting. Wait for their responses, or request smaller pages.`,
  { status: 429, retryAfterSeconds: RETRY_AFTER_SECONDS },
)

interface Waiting {
  viewer: Viewer
  start(slot: Slot): void
}

function createQueue() {
  const takeSlot = createSlots(LIMITS)
  const queue: Waiting[] = []

  /** Starts the operations that can start, in the order in which they came. */
  function startNext(): void {
    for (const one of [...queue]) {
      const slot = takeSlot()
      if (!slot) return
      if (slot.assign(one.viewer)) {
        queue.splice(queue.indexOf(one), 1)
        one.start(slot)
      } else slot.release()
    }
  }

  return {
    waiting: (viewer: Viewer) =>
      queue.filter((one) => callerKey(one.viewer) === callerKey(viewer)).length,
    /** Waits for a slot. Returns a function to call when the operation has ended. */
    start: (viewer: Viewer) =>
      new Promise<() => void>((resolve) => {
        queue.push({
          viewer,
          start: (slot) =>
            resolve(() => {
              slot.release()
              startNext()
            }),
        })
        startNext()
      }),
  }
}
