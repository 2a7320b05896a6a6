import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { FeedHolder } from '../feed/feed-watch.ts'
import type { Logger } from '../telemetry/logger.ts'
import { KEEP_ALIVE_TIMEOUT_MS, listen, urlOf } from './http/listen.ts'
import { sendJson } from './http/send.ts'
import { isLocalRequest } from './pages/local-request.ts'

/** Whether a process can do its work. Only those parts are named that it has. */
export interface Readiness {
  ready: boolean
  /** It was told to end: send it nothing more. */
  closing: boolean
  parts: Record<string, boolean>
  /** The transaction that holds the live feeds back; left out when there is none. It does not make a process unready. */
  feedHeldBy?: FeedHolder
}

export interface Monitoring {
  /** Answers in less than 2 s, whatever the database does. */
  readiness(): Promise<Readiness>
  /** All figures, in the text format that the content type names. */
  figures(): Promise<{ contentType: string; text: string }>
  /** Who has it sees the figures, from anywhere. Null: requests of this machine alone do. */
  metricsToken: string | null
}

/** Answers /health/live, /health/ready and /metrics. @returns whether it was one of them */
export async function answerMonitoring(
  { metricsToken, ...monitoring }: Monitoring,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  const [path] = (request.url ?? '').split('?', 1)
  if (path === '/health/live') {
    // It asks nobody: the process runs.
    response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' }).end('ok')
  } else if (path === '/health/ready') {
    const readiness = await monitoring.readiness()
    sendJson(response, readiness.ready ? 200 : 503, readiness)
  } else if (path === '/metrics') {
    const refusal = refuse(metricsToken, request)
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

/** How much is going on here is nobody's business but the operator's. */
function refuse(token: string | null, request: IncomingMessage): MonitoringRefusal | null {
  if (token === null) {
    if (isLocalRequest(request)) return null
    const message =
      'The metrics are shown to this machine alone. Set METRICS_TOKEN to read them from elsewhere.'
    return { status: 403, message }
  }
  const { authorization = '' } = request.headers
  if (timingSafeEqual(digest(authorization), digest(`Bearer ${token}`))) return null
  return { status: 401, message: 'Send METRICS_TOKEN as "Authorization: Bearer …".' }
}

/** Of one length, whatever was sent. */
const digest = (text: string) => createHash('sha256').update(text).digest()

function answerRefusal(response: ServerResponse, { message, status }: MonitoringRefusal): true {
  if (status === 401) response.setHeader('www-authenticate', 'Bearer')
  sendJson(response, status, { message })
  return true
}

/**
 * Serves these three and nothing else, for a process without the API.
 * @throws as node:net does when the address cannot be listened on
 */
export async function startMonitoringServer(
  { host, log, port }: { host: string; port: number; log: Logger },
  monitoring: Monitoring,
): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS }, (request, response) => {
    answerMonitoring(monitoring, request, response)
      .then((answered) => {
        if (answered) return
        const message = 'A worker answers /health/live, /health/ready and /metrics alone.'
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
