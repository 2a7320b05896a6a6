import { type ExecutionArgs, execute, getOperationAST } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import type { Viewer } from '../../access/authentication.ts'
import type { Logger } from '../../telemetry/logger.ts'
import type { TracedOperation, Tracing } from '../../telemetry/tracing.ts'
import { subscribe } from '../streams/subscribe.ts'
import { runForCaller } from './caller.ts'

/** Each error of a variable repeats its value of up to 1 MB, so the default of 50 errors could be 50 MB. */
const options = { maxCoercionErrors: 1 }

/**
 * Runs operations with graphql-js itself. Yoga's executor treats every object with a key "then" as a promise, and data of
 * customers can have one.
 */
export const graphqlExecutor = ({ log, tracing }: { log: Logger; tracing: Tracing }): Plugin => ({
  onExecute: ({ setExecuteFn }) =>
    setExecuteFn((args: ExecutionArgs) =>
      tracing.operation(logStart(args, log), () =>
        runForCaller(args, () => execute({ ...args, options })),
      ),
    ),
  onSubscribe: ({ setSubscribeFn }) =>
    setSubscribeFn(async (args: ExecutionArgs) => {
      logStart(args, log)
      return subscribe({ ...args, options })
    }),
})

/** Characters of an operation's name in logs and traces. The client chooses the name. */
const MAX_NAME_CHARACTERS = 100

/** Logs the operation and its caller, without variables. */
function logStart(
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
  const name = operation?.name?.value.slice(0, MAX_NAME_CHARACTERS) ?? null
  const { apiKeyId, organizationId } = viewer ?? {}
  log.debug({ requestId, kind, name, organizationId, apiKeyId }, 'begins an operation')
  return { kind, name, requestId, traceParent }
}
