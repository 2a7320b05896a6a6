import { type ExecutionArgs, execute, getOperationAST } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import type { Viewer } from '../access/authentication.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { TracedOperation, Tracing } from '../telemetry/tracing.ts'
import { subscribe } from './streams/subscribe.ts'

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
      return subscribe({ ...args, options })
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
