import { stringifyDocument, type TypedDocumentNode } from '@urql/core'
import { type Client, CloseCode, createClient } from 'graphql-ws'
import { createSignal, type Signal } from '../signal.ts'
import { authorizationOf, type Credential } from './credential.ts'

/** `idle`: nothing is watched. `offline`: the browser has no network, and waits for it. */
export type LiveState = 'idle' | 'connecting' | 'live' | 'reconnecting' | 'offline'

export interface LiveConnection {
  state: Signal<LiveState>
  /** Counts the times it was there again after a break. What is not resumed is to be asked for anew then. */
  breaks: Signal<number>
  /**
   * @param variables asked for at every beginning, also after a break: so `after` can name the last one seen
   * @param onError gets the sentence of a refusal; the subscription has ended then
   * @returns what ends it
   */
  subscribe<Data, Variables extends object>(
    document: TypedDocumentNode<Data, Variables>,
    variables: () => Variables,
    handlers: { onData: (data: Data) => void; onError?: (message: string) => void },
  ): () => void
  close(): void
}

interface Options {
  address: URL
  credential: Credential
  onUnauthenticated: () => void
}

/** Milliseconds between pings, and for the answer to one: without it the connection counts as broken. */
const PING_EVERY = 10_000
const PONG_WITHIN = 5_000

/** Milliseconds between two tries to connect, at most; the first pauses are shorter. */
const LONGEST_WAIT = 8_000

/** Milliseconds for which the connection stays open when nothing is watched. */
const LINGER = 2_000

export function openLiveConnection({
  address,
  credential,
  onUnauthenticated,
}: Options): LiveConnection {
  const state = createSignal<LiveState>('idle')
  const breaks = createSignal(0)
  let pong: ReturnType<typeof setTimeout> | undefined
  let refusals = 0
  let isLost = false
  const mayRetry = () => refusals < (typeof credential === 'function' ? 2 : 1)
  const client: Client = createClient({
    url: address.href.replace(/^http/, 'ws'),
    connectionParams: async () => ({ authorization: await authorizationOf(credential) }),
    retryAttempts: Number.POSITIVE_INFINITY,
    shouldRetry: mayRetry,
    retryWait: (retries) => untilOnlineOr(Math.min(250 * 2 ** retries, LONGEST_WAIT)),
    keepAlive: PING_EVERY,
    // From one page to the next it stays open.
    lazyCloseTimeout: LINGER,
    on: {
      connecting: (again) => {
        state.set(again ? 'reconnecting' : 'connecting')
        addEventListener('offline', goOffline)
      },
      connected: (_socket, _payload, again) => {
        refusals = 0
        state.set('live')
        if (again || isLost) breaks.set(breaks.get() + 1)
        isLost = false
      },
      // A network that went away silently answers no ping.
      ping: (received) => {
        if (!received) pong = setTimeout(() => client.terminate(), PONG_WITHIN)
      },
      pong: () => clearTimeout(pong),
      closed: (event) => {
        clearTimeout(pong)
        const { code, wasClean } = event as CloseEvent
        if (code === CloseCode.Forbidden || code === CloseCode.Unauthorized) refusals += 1
        if (!mayRetry()) onUnauthenticated()
        const ended = wasClean && code === 1000
        isLost = !ended
        state.set(ended ? 'idle' : navigator.onLine ? 'reconnecting' : 'offline')
        if (ended) removeEventListener('offline', goOffline)
      },
    },
  })
  const goOffline = () => {
    client.terminate()
    state.set('offline')
  }

  return {
    state,
    breaks,
    subscribe(document, variables, { onData, onError }) {
      let stop: () => void
      const begin = () => {
        stop = client.subscribe(
          {
            query: stringifyDocument(document),
            // Read when the message is written, at each beginning.
            get variables() {
              return variables() as Record<string, unknown>
            },
          },
          {
            next: ({ data, errors }) => {
              if (data) onData(data as never)
              if (errors?.[0]) onError?.(errors[0].message)
            },
            // The client gives up after this code, but the credential may be another one by now.
            error: (error) =>
              isUnauthorized(error) && mayRetry() ? begin() : onError?.(sentenceOf(error)),
            complete: () => {},
          },
        )
      }
      begin()
      return () => stop()
    },
    close: () => {
      removeEventListener('offline', goOffline)
      void client.dispose()
    },
  }
}

const isUnauthorized = (error: unknown) =>
  (error as Partial<CloseEvent>).code === CloseCode.Unauthorized

/** Refusals come as a list of GraphQL errors, broken sockets as events. */
const sentenceOf = (error: unknown) =>
  Array.isArray(error) ? String(error[0]?.message) : 'The live connection ended.'

/** Waits so long, or until the browser has a network again; without one, until then in any case. */
function untilOnlineOr(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      removeEventListener('online', go)
      clearTimeout(timer)
      resolve()
    }
    const timer = setTimeout(() => navigator.onLine && go(), milliseconds)
    addEventListener('online', go)
  })
}
