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
      return isAsyncIterable(result) ? overWithItsFirstError(result) : result
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

/**
 * A stream without what was deleted meanwhile. A generator is over once it has thrown, another iterator need not
 * be: who goes on would be told for ever.
 */
function overWithItsFirstError(
  source: AsyncIterableIterator<ExecutionResult>,
): AsyncIterableIterator<ExecutionResult> {
  let failed = false
  const done = { value: undefined, done: true } as const
  const stream: AsyncIterableIterator<ExecutionResult> = {
    [Symbol.asyncIterator]: () => stream,
    async next() {
      if (failed) return done
      try {
        let next = await source.next()
        while (!next.done && isGone(next.value)) next = await source.next()
        return next
      } catch (error) {
        failed = true
        await source.return?.()
        throw error
      }
    },
    async return() {
      await source.return?.()
      return done
    },
  }
  return stream
}
