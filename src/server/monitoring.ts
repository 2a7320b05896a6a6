import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { BlockingTransaction } from '../feed/feed-watch.ts'
import type { Logger } from '../telemetry/logger.ts'
import { connectionTimeouts, listen, urlOf } from './http/listen.ts'
import { sendJson } from './http/send.ts'
import { createUnreadResponses } from './limits/unread-responses.ts'

/** Whether a process is ready, with the state of each part that it has. */
export interface Readiness {
  ready: boolean
  /** Whether it is shutting down and must get no more requests. */
  closing: boolean
  parts: Record<string, boolean>
  /** The transaction that holds back the live feeds. Left out if there is none. It does not affect `ready`. */
  feedHeldBy?: BlockingTransaction
}

export interface Monitoring {
  /** Resolves within 2 s, even if the database does not respond. */
  readiness(): Promise<Readiness>
  /** Returns all metrics, in the text format that the content type names. */
  figures(): Promise<{ contentType: string; text: string }>
  /** The token that grants access to the metrics. Null: only a listener of their own serves them. */
  metricsToken: string | null
}

/** Responds to /health/live, /health/ready and /metrics. Returns false for any other path. */
export async function answerMonitoring(
  { metricsToken, ...monitoring }: Monitoring,
  request: IncomingMessage,
  response: ServerResponse,
  { ownListener = false } = {},
): Promise<boolean> {
  const [path] = (request.url ?? '').split('?', 1)
  if (path === '/health/live') {
    // A process that responds is alive.
    response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' }).end('ok')
  } else if (path === '/health/ready') {
    const readiness = await monitoring.readiness()
    sendJson(response, readiness.ready ? 200 : 503, readiness)
  } else if (path === '/metrics') {
    const refusal = refusalOf({ metricsToken, ownListener }, request)
    if (refusal) return answerRefusal(response, refusal)
    const { contentType, text } = await monitoring.figures()
    response.writeHead(200, { 'content-type': contentType, 'cache-control': 'no-store' }).end(text)
  } else return false
  return true
}

interface MonitoringRefusal {
  status: number
  message: string
}

/**
 * Returns the response to a request without access to the metrics. Null if it has access. The address of a request grants
 * none, because a proxy on this machine can forward it.
 */
function refusalOf(
  { metricsToken: token, ownListener }: { metricsToken: string | null; ownListener: boolean },
  { headers: { authorization = '' } }: IncomingMessage,
): MonitoringRefusal | null {
  if (token === null) {
    if (ownListener) return null
    const message =
      'The metrics require a token: set METRICS_TOKEN. Or set METRICS_PORT, to serve them on a port of their own.'
    return { status: 403, message }
  }
  if (timingSafeEqual(digest(authorization), digest(`Bearer ${token}`))) return null
  return { status: 401, message: 'Send METRICS_TOKEN as "Authorization: Bearer …".' }
}

/** Returns a hash, because timingSafeEqual requires equal lengths. */
const digest = (text: string) => createHash('sha256').update(text).digest()

function answerRefusal(response: ServerResponse, { message, status }: MonitoringRefusal): true {
  if (status === 401) response.setHeader('www-authenticate', 'Bearer')
  sendJson(response, status, { message })
  return true
}

/**
 * Serves these three paths only: for a process without the API, and for metrics on a listener of their own.
 * @param ownListener whether the metrics require no token unless one is set
 * @throws the error of node:net if the server cannot listen on the address
 */
export async function startMonitoringServer(
  {
    host,
    log,
    port,
    ownListener = false,
  }: { host: string; port: number; log: Logger; ownListener?: boolean },
  monitoring: Monitoring,
): Promise<{ url: string; close(): Promise<void> }> {
  const unread = createUnreadResponses()
  const server = createServer(connectionTimeouts(), (request, response) => {
    response.once('prefinish', () => unread.addHttp(response))
    answerMonitoring(monitoring, request, response, { ownListener })
      .then((answered) => {
        if (answered) return
        const message = 'Only /health/live, /health/ready and /metrics are served here.'
        sendJson(response, 404, { message })
      })
      .catch((error: unknown) => {
        log.error({ err: error }, 'could not answer a request')
        response.destroy()
      })
  })
  await listen(server, { host, port })
  return {
    url: urlOf(server),
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
}
