import ky from 'ky'
import type { Agent } from 'undici'
import type { AddressPolicy } from '../domain/address.ts'
import {
  type Outcome,
  outcomeOfFailure,
  outcomeOfResponse,
  timeoutFailure,
} from '../domain/outcome.ts'
import { requestHeaders } from '../domain/request-headers.ts'
import { failureOfCode, GUARD_CODES } from '../domain/transport-failure.ts'
import type { SentWebhook, WebhookRequest, WebhookSender } from '../services/webhook-sender.ts'
import { createGuardedConnector, createNameResolver, type ResolveName } from './address-guard.ts'
import { connectInTurns } from './webhook-connect-turns.ts'
import { type Connections, openConnections } from './webhook-connections.ts'
import { type Answer, ExchangeTimeout, WebhookExchange } from './webhook-exchange.ts'

export interface WebhookClientOptions {
  policy: AddressPolicy
  /** For example `Bigmind-Webhooks/1.0.0`. */
  userAgent: string
  /** Default: the system's name servers. */
  resolve?: ResolveName
  /** From starting to connect to the response's head. Default: 5000. */
  timeoutMs?: number
  /** Distinct origins whose connections are kept open; to others one is made each time. Default: 1000. */
  maxKeptOrigins?: number
}

/** Makes the one client of the program. It follows no redirect, retries nothing and uses no proxy. */
export function createWebhookClient(options: WebhookClientOptions): WebhookSender {
  const { policy, userAgent, timeoutMs = 5000, maxKeptOrigins = 1000 } = options
  const resolve = options.resolve ?? createNameResolver()
  // Longer than an attempt: the attempt's own clock has to be the one that ends it.
  const connect = createGuardedConnector({ policy, resolve, timeoutMs: timeoutMs + 1000 })
  const connections = openConnections(connectInTurns(connect), maxKeptOrigins)
  const onTheWire = new Set<Promise<unknown>>()
  let closed = false

  async function attempt(request: WebhookRequest): Promise<SentWebhook> {
    const startedAt = performance.now()
    const post = { ...request, headers: requestHeaders(userAgent, request.headers) }
    const { outcome, decidedAt } = await exchange(connections, post, startedAt + timeoutMs).then(
      (answer) => ({
        outcome: outcomeOfResponse(answer.status, answer.body),
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
 * A receiver may close an idle connection at the very moment in which it is used again. Such a request
 * goes out once more, on a connection of its own and within the same time: it would be unfair to count a
 * failure against a receiver that never saw the request, and if it did see it, deliveries are at least
 * once anyway. What breaks on a new connection is the receiver's failure and is not repeated.
 */
async function exchange(
  { kept, fresh }: Connections,
  request: WebhookRequest,
  deadline: number,
): Promise<Answer> {
  const first = new WebhookExchange(deadline)
  try {
    return await post(kept, request, first)
  } catch (error) {
    const again = (first.wentStale && CLOSED.has(codeOf(error))) || codeOf(error) === FULL
    if (!again) throw error
    return await post(fresh, request, new WebhookExchange(deadline))
  }
}

const CLOSED: ReadonlySet<string> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'])
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
  // undici gives what it cannot parse no code, and some answers the code of a closed connection.
  const badResponse =
    error.name === 'HTTPParserError' || /^bad (response|upgrade)$/.test(error.message)
  if (badResponse) return GUARD_CODES.badResponse
  return 'code' in error ? String(error.code) : ''
}
