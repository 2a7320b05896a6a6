import type { ServerResponse } from 'node:http'
import type { Plugin } from 'graphql-yoga'
import type { Viewer } from '../../access/authentication.ts'
import { rateLimited } from '../errors.ts'
import { type Enter, RETRY_AFTER } from './connection-limit.ts'

/** Refuses an event stream that finds no room, before its source is opened. Sockets have their place already. */
export function limitStreams(
  enter: Enter,
): Plugin<{ res?: ServerResponse; viewer: Viewer | null }> {
  return {
    onSubscribe: ({ args, setResultAndStopExecution }) => {
      const { res, viewer } = args.contextValue
      if (!res || !viewer) return
      const place = enter()
      // It closes in any case, also when nothing comes of the stream. One that is closed will not say so again.
      if (res.closed) place?.leave()
      else res.once('close', () => place?.leave())
      if (!place) setResultAndStopExecution({ errors: [noRoom(503)] })
      else if (!place.claim(viewer)) setResultAndStopExecution({ errors: [noRoom(429)] })
    },
  }
}

const noRoom = (status: 429 | 503) =>
  rateLimited(
    status === 429
      ? `As many sockets and streams are open with your key, as your user or in your organization as may be. Close one that is no longer used, or try again in ${RETRY_AFTER} s.`
      : `There is no room for another stream at the moment. Try again in ${RETRY_AFTER} s.`,
    { status, retryAfter: RETRY_AFTER },
  )
