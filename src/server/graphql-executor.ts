import {
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  getOperationAST,
  subscribe,
} from 'graphql'
import { isAsyncIterable, type Plugin } from 'graphql-yoga'
import type { Viewer } from '../services/authentication.ts'
import type { Logger } from '../services/ports.ts'
import type { TracedOperation, Tracing } from '../services/tracing.ts'

/** Each fault of the variables is told with the value it is in, which may be 1 MB: 50 of them would be 50 MB. */
const options = { maxCoercionErrors: 1 }

/**
 * Runs operations with graphql-js itself. Yoga's own executor takes every object with a key "then" for a
 * promise, and customers' data may well have one.
 */
export const graphqlExecutor = ({ log, tracing }: { log: Logger; tracing: Tracing }): Plugin => ({
  onExecute: ({ setExecuteFn }) =>
    setExecuteFn((args: ExecutionArgs) =>
      tracing.operation(begin(args, log), () => execute({ ...args, options })),
    ),
  onSubscribe: ({ setSubscribeFn }) =>
    setSubscribeFn(async (args: ExecutionArgs) => {
      begin(args, log)
      const result = await subscribe({ ...args, options })
      return isAsyncIterable(result) ? endWithFirstError(result) : result
    }),
})

/** Characters of an operation's name in logs and traces: the client chooses it. */
const LONGEST_NAME = 100

/** Logs who asks what, without what is in it. */
function begin(
  { contextValue, document, operationName }: ExecutionArgs,
  log: Logger,
): TracedOperation {
  const { requestId, traceParent, viewer } = contextValue as {
    requestId: string
    traceParent: string | null
    viewer: Viewer | null
  }
  const operation = getOperationAST(document, operationName)
  const kind = operation?.operation ?? 'query'
  const name = operation?.name?.value.slice(0, LONGEST_NAME) ?? null
  const { apiKeyId, organizationId } = viewer ?? {}
  log.debug({ requestId, kind, name, organizationId, apiKeyId }, 'begins an operation')
  return { kind, name, requestId, traceParent }
}

/** Prisma's word for a row that is not there, although another one names it. */
const MISSING = 'P2025'
/** GraphQL's, when it went between the two statements that read both. */
const VANISHED = /^Cannot return null for non-nullable field \w+\.(delivery|destination|event)\.$/

/** Whether what it tells of was deleted while it was on its way: then it tells of nothing any more. */
const isGone = ({ errors }: ExecutionResult) =>
  errors?.some(
    ({ message, originalError }) =>
      VANISHED.test(message) || (originalError as { code?: unknown })?.code === MISSING,
  )

const DONE = { value: undefined, done: true } as const

/**
 * Leaves out what was deleted meanwhile, and ends with the first error: a generator ends once it has thrown, another
 * iterator need not. `return` ends a pending `next` as well, whatever the source does.
 */
function endWithFirstError(
  source: AsyncIterableIterator<ExecutionResult>,
): AsyncIterableIterator<ExecutionResult> {
  let isOver = false
  let pending: PromiseWithResolvers<IteratorResult<ExecutionResult>> | null = null

  async function pull(): Promise<IteratorResult<ExecutionResult>> {
    try {
      let next = await source.next()
      while (!next.done && isGone(next.value)) next = await source.next()
      return next
    } catch (error) {
      isOver = true
      await source.return?.()
      throw error
    }
  }

  return {
    [Symbol.asyncIterator]() {
      return this
    },
    async next() {
      if (isOver) return DONE
      pending = Promise.withResolvers()
      pull().then(pending.resolve, pending.reject)
      return pending.promise
    },
    async return() {
      isOver = true
      pending?.resolve(DONE)
      await source.return?.()
      return DONE
    },
  }
}
