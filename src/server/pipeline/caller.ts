import type { Credentials } from '../../access/authentication.ts'
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
