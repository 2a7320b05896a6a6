import { stringifyDocument, type TypedDocumentNode } from '@urql/core'
import { type Client, CloseCode, createClient } from 'graphql-ws'
import { createSignal, type Signal } from '../signal.ts'
import { authorizationOf, type Credential } from './credential.ts'

/** `idle`: there are no subscriptions. `offline`: the browser has no network. */
export type LiveState = 'idle' | 'connecting' | 'live' | 'reconnecting' | 'offline'

export interface LiveConnection {
  state: Signal<LiveState>
  /** The number of reconnections after a break. Data that is not resumed has to be read again after each. */
  reconnections: Signal<number>
  /**
   * @param variables called at each start, also after a break, so that `after` can be the last item received
   * @param onError called with a message when the API ends the subscription with an error
   * @returns ends the subscription
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

/** Milliseconds between pings. */
const PING_INTERVAL_MS = 10_000

/** Milliseconds to wait for the answer to a ping before the connection counts as broken. */
const PONG_TIMEOUT_MS = 5_000

/** Milliseconds before the first reconnection; doubled before each further one. */
const MIN_RETRY_DELAY_MS = 250
const MAX_RETRY_DELAY_MS = 8_000

/** Milliseconds for which the connection stays open without subscriptions, so that it survives a change of page. */
const IDLE_TIMEOUT_MS = 2_000

export function openLiveConnection({
  address,
  credential,
  onUnauthenticated,
}: Options): LiveConnection {
  const state = createSignal<LiveState>('idle')
  const reconnections = createSignal(0)
  let pong: ReturnType<typeof setTimeout> | undefined
  let rejections = 0
  let isLost = false
  const mayRetry = () => rejections < (typeof credential === 'function' ? 2 : 1)
  const client: Client = createClient({
    url: address.href.replace(/^http/, 'ws'),
    connectionParams: async () => ({ authorization: await authorizationOf(credential) }),
    retryAttempts: Number.POSITIVE_INFINITY,
    shouldRetry: mayRetry,
    retryWait: (retries) =>
      delayUntilOnline(Math.min(MIN_RETRY_DELAY_MS * 2 ** retries, MAX_RETRY_DELAY_MS)),
    keepAlive: PING_INTERVAL_MS,
    lazyCloseTimeout: IDLE_TIMEOUT_MS,
    on: {
      connecting: (again) => {
        state.set(again ? 'reconnecting' : 'connecting')
        addEventListener('offline', goOffline)
      },
      connected: (_socket, _payload, again) => {
        rejections = 0
        state.set('live')
        if (again || isLost) reconnections.set(reconnections.get() + 1)
        isLost = false
      },
      // A lost network does not close the socket, but no ping is answered.
      ping: (received) => {
        if (!received) pong = setTimeout(() => client.terminate(), PONG_TIMEOUT_MS)
      },
      pong: () => clearTimeout(pong),
      closed: (event) => {
        clearTimeout(pong)
        const { code, wasClean } = event as CloseEvent
        if (code === CloseCode.Forbidden || code === CloseCode.Unauthorized) rejections += 1
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
    reconnections,
    subscribe(document, variables, { onData, onError }) {
      let stop: () => void
      const start = () => {
        stop = client.subscribe(
          {
            query: stringifyDocument(document),
            // The client reads this property each time it starts the subscription.
            get variables() {
              return variables() as Record<string, unknown>
            },
          },
          {
            next: ({ data, errors }) => {
              if (data) onData(data as never)
              if (errors?.[0]) onError?.(errors[0].message)
            },
            // The client does not retry after this code, but the host page may have a fresh token.
            error: (error) =>
              isUnauthorized(error) && mayRetry() ? start() : onError?.(messageOf(error)),
            complete: () => {},
          },
        )
      }
      start()
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

/** The error is a list of GraphQL errors, or an event if the socket broke. */
const messageOf = (error: unknown) =>
  Array.isArray(error) ? String(error[0]?.message) : 'The connection was closed.'

/** Resolves after a delay, or as soon as the browser is online again. While it is offline, the delay does not end. */
function delayUntilOnline(delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      removeEventListener('online', end)
      clearTimeout(timer)
      resolve()
    }
    const timer = setTimeout(() => navigator.onLine && end(), delayMs)
    addEventListener('online', end)
  })
}
