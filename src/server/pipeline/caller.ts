import type { ExecutionArgs } from 'graphql'
import type { Credentials, Viewer } from '../../access/authentication.ts'
import { runFor } from '../../concurrency/owner.ts'
import type { Resume } from '../../graphql/context.ts'

/** The caller of one operation, over HTTP or WebSocket. */
export interface Caller {
  requestId: string
  credentials: Credentials
  /** The headers `traceparent` and, after a space, `tracestate`, unchecked. Null without `traceparent`. */
  traceParent: string | null
  /** Present if the client accepts an event stream. */
  resume?: Resume
}

/** Runs a part of an operation on behalf of the organization of its caller, see `concurrency/owner.ts`. */
export function runForCaller<Result>(
  { contextValue }: Pick<ExecutionArgs, 'contextValue'>,
  work: () => Result,
): Result {
  const { viewer } = contextValue as { viewer: Viewer | null }
  return viewer ? runFor(viewer.organizationId, work) : work()
}
