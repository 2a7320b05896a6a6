import type { ServerResponse } from 'node:http'
import { type ExecutionArgs, getOperationAST, type OperationDefinitionNode } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import type { Viewer } from '../../access/authentication.ts'
import { rateLimited } from '../errors.ts'
import { holderOf } from './holder.ts'

/** Rows from which an operation takes turns: its answer can be 100 MB, and stays until the client has taken it. */
const HEAVY = 2_000

/** Heavy operations at a time: of the process, of one organization and of one holder, so that nobody's turns are all the turns. */
const AT_ONCE = 4
const AT_ONCE_OF_ORGANIZATION = 3
const AT_ONCE_OF_HOLDER = 2

/** Of one holder that wait. */
const WAITING = 20

/** Seconds after which it is worth to try again. */
const RETRY_AFTER = 10

interface Asking {
  holder: string
  organizationId: string
}

interface Waiting extends Asking {
  start: () => void
}

/**
 * Lets operations that can answer with very much run a few at a time; the others wait, and light ones do not.
 * A turn is over when its answer has left; one that goes out on a WebSocket, when it is ready to.
 * @param sizes rows that an operation asks for; one without an entry counts as heavy
 */
export function takeTurns(
  sizes: WeakMap<OperationDefinitionNode, number>,
): Plugin<{ res?: ServerResponse; viewer: Viewer | null }> {
  const turns = createTurns()
  return {
    onExecute: ({ args, executeFn, setExecuteFn, setResultAndStopExecution }) => {
      const operation = getOperationAST(args.document, args.operationName)
      const { res, viewer } = args.contextValue
      if (!viewer || !operation || (sizes.get(operation) ?? HEAVY) < HEAVY) return
      const holder = holderOf(viewer)
      if (turns.waiting(holder) >= WAITING) {
        setResultAndStopExecution({ errors: [tooMany] })
        return
      }
      setExecuteFn(async (all: ExecutionArgs) => {
        const { organizationId } = viewer
        const leave = await turns.next({ holder, organizationId })
        // Nobody would read it.
        if (res?.closed) leave()
        else res?.once('close', leave)
        try {
          return res?.closed ? { data: null } : await executeFn(all)
        } finally {
          if (!res) leave()
        }
      })
    },
  }
}

const tooMany = rateLimited(
  `${WAITING} of your large queries are waiting already. Wait for their answers, or ask for smaller pages.`,
  { status: 429, retryAfter: RETRY_AFTER },
)

function createTurns() {
  const running: Asking[] = []
  const queue: Waiting[] = []

  const count = (name: keyof Asking, asking: Asking) =>
    running.filter((one) => one[name] === asking[name]).length
  const hasTurn = (asking: Asking) =>
    count('holder', asking) < AT_ONCE_OF_HOLDER &&
    count('organizationId', asking) < AT_ONCE_OF_ORGANIZATION

  function startNext(): void {
    while (running.length < AT_ONCE) {
      const next = queue.findIndex(hasTurn)
      const [one] = next === -1 ? [] : queue.splice(next, 1)
      if (!one) return
      running.push(one)
      one.start()
    }
  }

  return {
    waiting: (holder: string) => queue.filter((one) => one.holder === holder).length,
    /** @returns what ends the turn, to be called once */
    next: (asking: Asking) =>
      new Promise<() => void>((resolve) => {
        const one = { ...asking, start: () => resolve(leave) }
        const leave = () => {
          running.splice(running.indexOf(one), 1)
          startNext()
        }
        queue.push(one)
        startNext()
      }),
  }
}
