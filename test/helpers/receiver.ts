import { once } from 'node:events'
import http, {
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http'
import https from 'node:https'
import { text } from 'node:stream/consumers'
import { type CertificateName, certificate } from './certificates.ts'
import { listen, watchSockets } from './open-sockets.ts'

export interface ReceivedRequest {
  method: string
  path: string
  headers: IncomingHttpHeaders
  body: string
  /** On the clock of `performance.now()`. */
  receivedAt: number
}

/** A status, a complete response, or a function that handles the request. */
export type Answer =
  | number
  | { status: number; headers?: Record<string, string>; body?: string }
  | ((request: ReceivedRequest, response: ServerResponse) => void)

export interface Receiver extends AsyncDisposable {
  /** Of a path at 127.0.0.1, or at localhost where it speaks TLS. */
  readonly url: string
  readonly port: number
  /** In the order in which they were received whole. */
  readonly requests: readonly ReceivedRequest[]
  /** The number of accepted connections. */
  readonly connections: number
  /** Waits until `count` requests have come in. @returns the last of them */
  request(count?: number): Promise<ReceivedRequest>
  /** Waits until a connection has been closed. */
  disconnection(): Promise<void>
  /** Answers to come: one each, the last one for ever. */
  answerWith(...answers: [Answer, ...Answer[]]): void
  /** Cuts all connections. Also done at the end of the block by `await using`. */
  close(): Promise<void>
}

/** Starts an HTTP receiver on a free port of 127.0.0.1. By default it answers with status 200. */
export async function startReceiver(
  options: {
    answers?: [Answer, ...Answer[]]
    certificate?: CertificateName
    /** Default: 127.0.0.1, or every address where it speaks TLS. */
    host?: string
    /** Default: any free one. */
    port?: number
  } = {},
): Promise<Receiver> {
  const requests: ReceivedRequest[] = []
  let answers: [Answer, ...Answer[]] = options.answers ?? [200]
  const secure = options.certificate && certificate(options.certificate)
  const server = secure ? https.createServer(secure) : http.createServer()
  const sockets = watchSockets(server)
  server.on('request', async (message: IncomingMessage, response: ServerResponse) => {
    const request = await receive(message)
    requests.push(request)
    give(answers.length > 1 ? answers.shift()! : answers[0], request, response)
    server.emit('received')
  })
  // A name may lead to either address of the loopback interface.
  const host = options.host ?? (secure ? undefined : '127.0.0.1')
  const port = await listen(server, host, options.port)

  return {
    url: secure ? `https://localhost:${port}/hook` : `http://127.0.0.1:${port}/hook`,
    port,
    requests,
    get connections() {
      return sockets.accepted
    },
    async request(count = 1) {
      while (requests.length < count) await once(server, 'received')
      return requests[count - 1]!
    },
    answerWith(...next) {
      answers = next
    },
    disconnection: sockets.disconnection,
    close: sockets.close,
    [Symbol.asyncDispose]: sockets.close,
  }
}

async function receive(message: IncomingMessage): Promise<ReceivedRequest> {
  const { method = '', url = '', headers } = message
  const body = await text(message)
  return { method, path: url, headers, body, receivedAt: performance.now() }
}

function give(answer: Answer, request: ReceivedRequest, response: ServerResponse): void {
  if (typeof answer === 'function') {
    answer(request, response)
    return
  }
  const { status, headers, body } = typeof answer === 'number' ? { status: answer } : answer
  response.writeHead(status, headers)
  response.end(body)
}
