import ky from 'ky'
import type { Agent } from 'undici'
import type { AddressPolicy } from '../../domain/address.ts'
import {
  ATTEMPT_TIMEOUT_MS,
  type Outcome,
  outcomeOfFailure,
  outcomeOfResponse,
  timeoutFailure,
} from '../../domain/outcome.ts'
import { requestHeaders } from '../../domain/request-headers.ts'
import { createGuardedConnector } from './address-guard.ts'
import { limitConnects } from './connect-limit.ts'
import { type Connections, openConnections } from './connections.ts'
import { ExchangeTimeout, type ReceivedResponse, WebhookExchange } from './exchange.ts'
import { createNameResolver, type ResolveName } from './name-resolver.ts'
import { bodyText } from './response-body.ts'
import { failureOfCode, RESPONSE_CODES } from './transport-failure.ts'

/** A signed request. */
export interface WebhookRequest {
  /** A URL that passed `checkDestinationUrl`. */
  url: string
  /** The signature headers. `requestHeaders` adds the others. */
  headers: Record<string, string>
  /** Sent unchanged, as UTF-8. */
  body: string
}

export interface SentWebhook {
  outcome: Outcome
  /** Whole milliseconds from starting to connect until the outcome was decided: the response's head, or the failure. */
  durationMs: number
}

/** The HTTP client of the service. All requests to receivers go through it. */
export interface WebhookSender {
  /**
   * Sends a request. Failures of the receiver and the network are outcomes; it rejects only after `close`.
   */
  send(request: WebhookRequest): Promise<SentWebhook>
  /** Waits for the requests in flight, then closes all connections. */
  close(): Promise<void>
}

export interface WebhookClientOptions {
  policy: AddressPolicy
  /** The proxy for all requests (CONNECT). Default: none. */
  proxy?: URL | null
  /** For example `Bigmind-Webhooks/1.0.0`. */
  userAgent: string
  /** Default: the system's name servers. */
  resolve?: ResolveName
  /** From starting to connect to the response's head. Default: `ATTEMPT_TIMEOUT_MS`. */
  timeoutMs?: number
  /** Origins whose connections are kept open. Requests to further origins open a new one each time. Default: 1000. */
  maxKeptOrigins?: number
}

/** Creates the client. It follows no redirects, and uses no proxy but the configured one. Create one for each process. */
export function createWebhookClient(options: WebhookClientOptions): WebhookSender {
  const {
    policy,
    proxy = null,
    userAgent,
    timeoutMs = ATTEMPT_TIMEOUT_MS,
    maxKeptOrigins = 1000,
  } = options
  const resolve = options.resolve ?? createNameResolver()
  // Longer than an attempt, so that the time limit of the attempt applies first.
  const connect = createGuardedConnector({ policy, proxy, resolve, timeoutMs: timeoutMs + 1000 })
  const connections = openConnections(limitConnects(connect), maxKeptOrigins)
  const inFlight = new Set<Promise<unknown>>()
  let closed = false

  async function attempt(request: WebhookRequest): Promise<SentWebhook> {
    const startedAt = performance.now()
    const post = { ...request, headers: requestHeaders(userAgent, request.headers) }
    const { outcome, decidedAt } = await exchange(connections, post, startedAt + timeoutMs).then(
      async (response) => ({
        outcome: outcomeOfResponse(
          { status: response.status, body: await bodyText(response.headers, response.body) },
          {
            url: request.url,
            requestBytes: Buffer.byteLength(request.body),
            location: response.headers.location,
          },
        ),
        decidedAt: response.decidedAt,
      }),
      (error) => ({ outcome: outcomeOfError(error, timeoutMs), decidedAt: performance.now() }),
    )
    return { outcome, durationMs: Math.round(decidedAt - startedAt) }
  }

  return {
    async send(request) {
      if (closed) throw new Error('The webhook client is closed.')
      const sending = attempt(request)
      inFlight.add(sending)
      return sending.finally(() => inFlight.delete(sending))
    },
    async close() {
      closed = true
      await Promise.allSettled(inFlight)
      await Promise.all([connections.kept.destroy(), connections.fresh.destroy()])
    },
  }
}

/**
 * Sends a request on an open connection if there is one. Only a new connection can fail the attempt, except by its time
 * limit: what arrives on a reused connection may concern an earlier request (bytes after the end of its response, the 408 of
 * an idle connection, its close). The request is then sent once more on a new connection, within the same time limit. The
 * receiver may get it twice, which at-least-once delivery allows.
 */
async function exchange(
  { kept, fresh }: Connections,
  request: WebhookRequest,
  deadline: number,
): Promise<ReceivedResponse> {
  const first = new WebhookExchange(deadline)
  try {
    const response = await post(kept, request, first)
    if (!first.reused || !isAboutConnection(response)) return response
  } catch (error) {
    const unproven = first.reused && !(error instanceof ExchangeTimeout)
    if (!unproven && codeOf(error) !== TOO_MANY_ORIGINS) throw error
  }
  return await post(fresh, request, new WebhookExchange(deadline))
}

/**
 * Whether a response concerns the connection and not the request: no request arrived in time, or it was not HTTP because a
 * part of the request before was left unread.
 */
function isAboutConnection({ status, headers }: ReceivedResponse): boolean {
  return status === 408 || (status === 400 && headers.connection === 'close')
}

/** undici's error code when there are more origins than `maxKeptOrigins`. */
const TOO_MANY_ORIGINS = 'UND_ERR_MAX_ORIGINS_REACHED'

/**
 * Sends a request through ky with the exchange as its `fetch`. undici's own `fetch` would repeat the request on 421, fail on
 * 407, decompress the response, add headers of browsers and take three times as long. The response that ky returns is empty;
 * the exchange has the actual one.
 */
async function post(agent: Agent, request: WebhookRequest, exchange: WebhookExchange) {
  const { url, headers, body } = request
  await ky.post(url, {
    retry: 0,
    timeout: false,
    throwHttpErrors: false,
    fetch: async () => {
      const { origin, href } = new URL(url)
      const path = href.slice(origin.length)
      agent.dispatch({ origin, path, method: 'POST', headers, body }, exchange)
      await exchange.response
      return new Response()
    },
  })
  return exchange.response
}

function outcomeOfError(error: unknown, timeoutMs: number): Outcome {
  return outcomeOfFailure(
    error instanceof ExchangeTimeout
      ? timeoutFailure(error.phase, timeoutMs)
      : failureOfCode(codeOf(error)),
  )
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return ''
  // The head was read before undici reads it, so undici failed to read the body.
  if (error.name === 'HTTPParserError') return RESPONSE_CODES.unreadable
  const code = 'code' in error ? String(error.code) : ''
  return code === 'UNSPECIFIED' ? error.message : code
}
