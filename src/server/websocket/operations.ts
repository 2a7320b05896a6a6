import type { ServerOptions, SubscribePayload } from 'graphql-ws'
import type { Credentials } from '../../access/authentication.ts'
import type { MaskError } from '../../graphql/mask-error.ts'
import { requestError } from '../../graphql/request-error.ts'
import { formatError, presentErrors } from '../errors.ts'
import type { Graphql } from '../pipeline/pipeline.ts'
import { type PreparedOperation, prepareOperation } from '../pipeline/prepare-operation.ts'
import { type ConnectionParams, NO_CREDENTIALS } from './authorize.ts'
import type { RunningOperations } from './running-operations.ts'

/** Operations that can run at once on one WebSocket. */
const MAX_OPERATIONS = 20

interface OperationOptions {
  graphql: Graphql
  maskError: MaskError
  newRequestId: () => string
}

/** The state that the operations of one WebSocket share. */
export interface SocketOperations {
  /** Null until the client has sent them. It cannot start an operation before. */
  credentials: Credentials | null
  running: RunningOperations
}

type Hooks<Extra extends SocketOperations> = Required<
  Pick<
    ServerOptions<ConnectionParams, Extra>,
    'onSubscribe' | 'execute' | 'subscribe' | 'onNext' | 'onError' | 'onComplete'
  >
>

/** Returns hooks that run operations on WebSockets in the same pipeline as those over HTTP. */
export function operationHooks<Extra extends SocketOperations>({
  graphql,
  maskError,
  newRequestId,
}: OperationOptions): Hooks<Extra> {
  const requestIds = new WeakMap<SubscribePayload, string>()
  const present = (payload: SubscribePayload, errors: readonly unknown[]) =>
    presentErrors(errors, (error) => maskError(error, requestIds.get(payload) ?? newRequestId()))

  return {
    onSubscribe: async ({ extra: { credentials, running } }, _id, payload) => {
      if (running.size() > MAX_OPERATIONS) return [tooMany()]
      const requestId = newRequestId()
      requestIds.set(payload, requestId)
      const caller = {
        requestId,
        credentials: credentials ?? NO_CREDENTIALS,
        params: { ...payload, query: String(payload.query) },
        traceParent: null,
      }
      return prepareOperation(graphql, caller).catch((error: unknown) => present(payload, [error]))
    },
    execute: (args) => (args as PreparedOperation).execute(args),
    subscribe: (args) => (args as PreparedOperation).subscribe(args),
    onNext: (_ctx, _id, payload, _args, { data = null, errors, extensions }) =>
      errors && {
        data,
        errors: present(payload, errors).map(formatError),
        ...(extensions && { extensions }),
      },
    onError: ({ extra }, id, payload, errors) => {
      extra.running.ending(id)
      return present(payload, errors).map(formatError)
    },
    onComplete: ({ extra }, id) => extra.running.ending(id),
  }
}

const tooMany = () =>
  requestError(
    'RATE_LIMITED',
    `At most ${MAX_OPERATIONS} operations can run at once on one WebSocket. Complete one of them first, or open another WebSocket.`,
  )
