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
import { type Answer, ExchangeTimeout, WebhookExchange } from './exchange.ts'
import { createNameResolver, type ResolveName } from './name-resolver.ts'
import { bodyText } from './response-body.ts'
import { failureOfCode, RESPONSE_CODES } from './transport-failure.ts'

/** One signed request, ready to go. */
export interface WebhookRequest {
  /** A URL that passed `checkDestinationUrl`. */
  url: string
  /** The signatures; `requestHeaders` says what goes with them. */
  headers: Record<string, string>
  /** Sent byte for byte, as UTF-8. */
  body: string
}

export interface SentWebhook {
  outcome: Outcome
  /** Whole milliseconds from starting to connect until the outcome was decided: the response's head, or the failure. */
  durationMs: number
}

/** The way out of the house: the only thing that ever makes a request to a receiver. */
export interface WebhookSender {
  /**
   * Makes one attempt. Whatever the receiver or the network does is an outcome; it rejects only when
   * the sender was closed before.
   */
  send(request: WebhookRequest): Promise<SentWebhook>
  /** Waits for what is on the wire, then closes every connection. */
  close(): Promise<void>
}

export interface WebhookClientOptions {
  policy: AddressPolicy
  /** For example `Bigmind-Webhooks/1.0.0`. */
  userAgent: string
  /** Default: the system's name servers. */
  resolve?: ResolveName
  /** From starting to connect to the response's head. Default: `ATTEMPT_TIMEOUT_MS`. */
  timeoutMs?: number
  /** Distinct origins whose connections are kept open; to others one is made each time. Default: 1000. */
  maxKeptOrigins?: number
}

/** Makes the one client of the program. It follows no redirect and uses no proxy. */
export function createWebhookClient(options: WebhookClientOptions): WebhookSender {
  const { policy, userAgent, timeoutMs = ATTEMPT_TIMEOUT_MS, maxKeptOrigins = 1000 } = options
  const resolve = options.resolve ?? createNameResolver()
  // Longer than an attempt: the attempt's own clock has to be the one that ends it.
  const connect = createGuardedConnector({ policy, resolve, timeoutMs: timeoutMs + 1000 })
  const connections = openConnections(limitConnects(connect), maxKeptOrigins)
  const onTheWire = new Set<Promise<unknown>>()
  let closed = false

  async function attempt(request: WebhookRequest): Promise<SentWebhook> {
    const startedAt = performance.now()
    const post = { ...request, headers: requestHeaders(userAgent, request.headers) }
    const { outcome, decidedAt } = await exchange(connections, post, startedAt + timeoutMs).then(
      async (answer) => ({
        outcome: outcomeOfResponse(
          { status: answer.status, body: await bodyText(answer.headers, answer.body) },
          {
            url: request.url,
            requestBytes: Buffer.byteLength(request.body),
            location: answer.headers.location,
          },
        ),
        decidedAt: answer.decidedAt,
      }),
      (error) => ({ outcome: outcomeOfError(error, timeoutMs), decidedAt: performance.now() }),
    )
    return { outcome, durationMs: Math.round(decidedAt - startedAt) }
  }

  return {
    async send(request) {
      if (closed) throw new Error('The webhook client is closed.')
      const sending = attempt(request)
      onTheWire.add(sending)
      return sending.finally(() => onTheWire.delete(sending))
    },
    async close() {
      closed = true
      await Promise.allSettled(onTheWire)
      await Promise.all([connections.kept.destroy(), connections.fresh.destroy()])
    },
  }
}

/**
 * Sends a request, on a connection that is open already if there is one. Only a new connection can fail the
 * attempt, except by time: what a connection brings that was used before may belong to an earlier request (bytes
 * beyond the length of a response, the 408 of an idle connection, its end). Such a request is sent once more, on
 * a connection of its own and within the same time. If the receiver did see the first one, deliveries are at
 * least once anyway.
 */
async function exchange(
  { kept, fresh }: Connections,
  request: WebhookRequest,
  deadline: number,
): Promise<Answer> {
  const first = new WebhookExchange(deadline)
  try {
    const answer = await post(kept, request, first)
    if (!first.reused || !isAboutConnection(answer)) return answer
  } catch (error) {
    const unproven = first.reused && !(error instanceof ExchangeTimeout)
    if (!unproven && codeOf(error) !== FULL) throw error
  }
  return await post(fresh, request, new WebhookExchange(deadline))
}

/**
 * Whether a server answers like this to a connection rather than to a request: that none came in time, or that
 * what came was not HTTP, since it had not read the whole request before.
 */
function isAboutConnection({ status, headers }: Answer): boolean {
  return status === 408 || (status === 400 && headers.connection === 'close')
}

/** More origins at once than connections are kept for. */
const FULL = 'UND_ERR_MAX_ORIGINS_REACHED'

/**
 * ky's `fetch` is the exchange itself, and not undici's `fetch`, which would send again on 421, fail on
 * 407, decompress what the receiver sends, add a browser's headers and take three times as long. The response
 * that ky hands back is a token; the exchange has the answer.
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
      await exchange.answer
      return new Response()
    },
  })
  return exchange.answer
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
  // The head has been read before undici reads it, so it is the body that undici cannot read: after the head.
  if (error.name === 'HTTPParserError') return RESPONSE_CODES.unreadable
  const code = 'code' in error ? String(error.code) : ''
  return code === 'UNSPECIFIED' ? error.message : code
}
