import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type ExecutionResult, type GraphQLError, getOperationAST } from 'graphql'
import type { Authenticate, Credentials, Viewer } from '../../access/authentication.ts'
import { mapStream } from '../../concurrency/stream.ts'
import type { MaskError } from '../../graphql/mask-error.ts'
import { unauthenticated } from '../../graphql/request-error.ts'
import { presentErrors, refusal } from '../errors.ts'
import { HttpRefusal, readJsonBody } from '../http/request-body.ts'
import { CONNECTION_RETRY_AFTER_SECONDS } from '../limits/connection-limit.ts'
import { callerKey, type Slots } from '../limits/slots.ts'
import type { UnreadResponses } from '../limits/unread-responses.ts'
import type { Caller } from '../pipeline/caller.ts'
import type { Graphql } from '../pipeline/pipeline.ts'
import { type OperationParams, prepareOperation } from '../pipeline/prepare-operation.ts'
import type { LiveConnections } from '../streams/live-connections.ts'
import { createSession, type RunOperation, type Session } from './session.ts'

const TOKEN_HEADER = 'x-graphql-event-stream-token'
/** The time within which a reserved stream must be opened. */
const RESERVATION_MS = 10_000
/** Operations that can run at once on one stream. */
const MAX_OPERATIONS = 20

export interface SingleConnectionOptions {
  graphql: Graphql
  authenticate: Authenticate
  maskError: MaskError
  live: LiveConnections
  slots: Slots
  unread: UnreadResponses
  heartbeatInterval: number
}

/** A reserved stream. Only the caller that reserved it can use it. */
interface Reservation {
  session: Session
  /** See `callerKey`. */
  caller: string
  credentials: Credentials
  cancel(): void
}

export type ServeSingleConnection = (
  request: IncomingMessage,
  response: ServerResponse,
  caller: Caller,
) => Promise<void>

/** Whether a request belongs to graphql-sse's single connection mode: it reserves a stream, or has the token of one. */
export const usesSingleConnection = (request: IncomingMessage): boolean =>
  request.method === 'PUT' ||
  request.method === 'DELETE' ||
  request.headers[TOKEN_HEADER] !== undefined ||
  parametersOf(request).has('token')

const parametersOf = ({ url = '' }: IncomingMessage): URLSearchParams => {
  const start = url.indexOf('?')
  return new URLSearchParams(start < 0 ? '' : url.slice(start))
}

/**
 * Serves graphql-sse's single connection mode: PUT reserves a stream, GET opens it, POST starts an operation on it, and
 * DELETE ends one. Streams exist in one process only.
 * @throws HttpRefusal
 */
export function serveSingleConnections(options: SingleConnectionOptions): ServeSingleConnection {
  const reservations = new Map<string, Reservation>()

  async function viewerOf(credentials: Credentials): Promise<Viewer> {
    const { advice, viewer } = await options.authenticate(credentials)
    if (viewer) return viewer
    throw new HttpRefusal(401, advice ?? unauthenticated().message, {
      'www-authenticate': 'Bearer',
    })
  }

  async function reserve(response: ServerResponse, { credentials, requestId }: Caller) {
    const viewer = await viewerOf(credentials)
    const slot = options.slots.take()
    if (!slot?.assign(viewer)) {
      slot?.release()
      throw new HttpRefusal(slot ? 429 : 503, NO_SLOT, {
        'retry-after': `${CONNECTION_RETRY_AFTER_SECONDS}`,
      })
    }
    const present = presentWith(options.maskError, requestId)
    const session = createSession({ ...options, presentFailure: (error) => present([error]) })
    const token = randomBytes(24).toString('base64url')
    const remove = options.live.add({
      credentials,
      end: (refused) => {
        session.end(refused ? present([unauthenticated()]) : undefined)
        reservation.cancel()
      },
    })
    const reservation: Reservation = {
      session,
      caller: callerKey(viewer),
      credentials,
      cancel() {
        reservations.delete(token)
        remove()
        slot.release()
      },
    }
    reservations.set(token, reservation)
    setTimeout(() => session.isOpen() || reservation.cancel(), RESERVATION_MS).unref()
    response.writeHead(201, { 'content-type': 'text/plain; charset=utf-8' }).end(token)
  }

  function find(request: IncomingMessage): Reservation {
    const token =
      request.headers[TOKEN_HEADER]?.toString() ?? parametersOf(request).get('token') ?? ''
    const reservation = reservations.get(token)
    if (!reservation) throw new HttpRefusal(404, NOT_FOUND)
    return reservation
  }

  /** Returns the caller's stream. The token alone is not enough, because it can be in URLs and therefore in logs. */
  async function findOwn(request: IncomingMessage, caller: Caller): Promise<Reservation> {
    const viewer = await viewerOf(caller.credentials)
    const reservation = find(request)
    if (reservation.caller !== callerKey(viewer)) throw new HttpRefusal(404, NOT_FOUND)
    return reservation
  }

  function open(request: IncomingMessage, response: ServerResponse): void {
    const reservation = find(request)
    if (reservation.session.isOpen()) throw new HttpRefusal(409, 'The stream is already open.')
    response.once('close', reservation.cancel)
    reservation.session.open(response)
  }

  async function begin(request: IncomingMessage, response: ServerResponse, caller: Caller) {
    const { session } = await findOwn(request, caller)
    const { extensions, ...params } = (await readJsonBody(request)) as OperationParams & {
      extensions?: { operationId?: unknown }
    }
    const { operationId: id } = Object(extensions) as { operationId?: unknown }
    if (typeof id !== 'string' || id === '' || id.length > MAX_ID_CHARACTERS) {
      throw new HttpRefusal(400, NO_ID)
    }
    if (typeof params.query !== 'string') throw new HttpRefusal(400, 'Send a string as "query".')
    if (session.has(id)) throw new HttpRefusal(409, 'An operation with this id is still running.')
    // Operations wait in memory until the stream is open, and only then could a refusal be sent on it.
    if (!session.isOpen() && session.size() >= MAX_OPERATIONS) throw new HttpRefusal(429, NOT_OPEN)
    session.begin(id, runnerOf(options, { ...caller, params }, session))
    response.writeHead(202).end()
  }

  async function complete(request: IncomingMessage, response: ServerResponse, caller: Caller) {
    const { session } = await findOwn(request, caller)
    const id = parametersOf(request).get('operationId')
    if (!id)
      throw new HttpRefusal(400, 'Send the id of the operation as "?operationId=…" in the URL.')
    session.complete(id)
    response.writeHead(200).end()
  }

  return async (request, response, caller) => {
    if (request.method === 'PUT') return reserve(response, caller)
    if (request.method === 'GET') return open(request, response)
    if (request.method === 'POST') return begin(request, response, caller)
    if (request.method === 'DELETE') return complete(request, response, caller)
    throw new HttpRefusal(405, METHODS, { allow: 'GET, POST, PUT, DELETE' })
  }
}

const MAX_ID_CHARACTERS = 200

const NOT_FOUND = `This process has no stream with this token. Reserve one with PUT and open it with GET within ${RESERVATION_MS / 1_000} s. With several processes, send all requests of a client to the same one, or use a connection for each operation.`
const NO_ID = `Send a string of at most ${MAX_ID_CHARACTERS} characters as "extensions.operationId".`
const NO_SLOT = `Your key, user or organization has the maximum number of open streams, or the server has no free connection. Close a stream that is no longer used, or try again in ${CONNECTION_RETRY_AFTER_SECONDS} s.`
const NOT_OPEN = `At most ${MAX_OPERATIONS} operations can wait for a stream. Open it with GET first.`
const METHODS = 'Reserve a stream with PUT, open it with GET, and use it with POST and DELETE.'

const presentWith =
  (maskError: MaskError, requestId: string) =>
  (errors: readonly unknown[]): ExecutionResult => ({
    errors: presentErrors(errors, (error) => maskError(error, requestId)),
  })

/** Returns a function that runs an operation in the pipeline. It never rejects: a failure is a result with errors. */
function runnerOf(
  { graphql, maskError }: SingleConnectionOptions,
  caller: Caller & { params: OperationParams },
  session: Session,
): RunOperation {
  const present = presentWith(maskError, caller.requestId)
  const shown = (result: ExecutionResult): ExecutionResult =>
    result.errors ? { ...result, ...present(result.errors) } : result
  return async () => {
    try {
      if (session.size() > MAX_OPERATIONS) return present([tooMany()])
      const prepared = await prepareOperation(graphql, caller)
      if (Array.isArray(prepared)) return present(prepared as GraphQLError[])
      const operation = prepared as Exclude<typeof prepared, readonly GraphQLError[]>
      const kind = getOperationAST(operation.document, operation.operationName)?.operation
      const result =
        kind === 'subscription'
          ? await operation.subscribe(operation)
          : await operation.execute(operation)
      return isIterable(result) ? mapStream(result, shown) : shown(result as ExecutionResult)
    } catch (error) {
      return present([error])
    }
  }
}

const isIterable = (result: unknown): result is AsyncIterableIterator<ExecutionResult> =>
  typeof (result as Partial<AsyncIterable<unknown>>)[Symbol.asyncIterator] === 'function'

const tooMany = () =>
  refusal(
    `At most ${MAX_OPERATIONS} operations can run at once on one stream. Complete one of them first, or open another stream.`,
    'RATE_LIMITED',
    { status: 429 },
  )
