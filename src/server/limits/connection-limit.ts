import type { ServerResponse } from 'node:http'
import type { Plugin } from 'graphql-yoga'
import type { Viewer } from '../../access/authentication.ts'
import { rateLimited } from '../errors.ts'
import type { SlotLimits, Slots } from './slots.ts'

/**
 * WebSockets and event streams that can be open at once. A backend can keep a socket for each of its users on one key. An
 * organization can create many keys, but cannot fill a process.
 */
export const DEFAULT_CONNECTION_LIMITS: SlotLimits = {
  process: 10_000,
  organization: 5_000,
  caller: 2_500,
}

/** Seconds after which a client that found no slot tries again. */
export const CONNECTION_RETRY_AFTER_SECONDS = 10

/** Refuses an event stream without a slot before its source is opened. A WebSocket takes its slot when it is authenticated. */
export function limitStreams(
  slots: Slots,
): Plugin<{ res?: ServerResponse; viewer: Viewer | null }> {
  return {
    onSubscribe: ({ args, setResultAndStopExecution }) => {
      const { res, viewer } = args.contextValue
      if (!res || !viewer) return
      const slot = slots.take()
      // The response closes also if no stream is opened. A closed response emits no further "close".
      if (res.closed) slot?.release()
      else res.once('close', () => slot?.release())
      if (!slot) setResultAndStopExecution({ errors: [noSlot(503)] })
      else if (!slot.assign(viewer)) setResultAndStopExecution({ errors: [noSlot(429)] })
    },
  }
}

const noSlot = (status: 429 | 503) =>
  rateLimited(
    status === 429
      ? `Your key, user or organization has the maximum number of open WebSockets and streams. Close one that is no longer used, or try again in ${CONNECTION_RETRY_AFTER_SECONDS} s.`
      : `The server has no free connection for another stream. Try again in ${CONNECTION_RETRY_AFTER_SECONDS} s.`,
    { status, retryAfterSeconds: CONNECTION_RETRY_AFTER_SECONDS },
  )
