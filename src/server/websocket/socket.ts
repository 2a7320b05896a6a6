import { isUtf8 } from 'node:buffer'
import type { RawData, WebSocket } from 'ws'
import { refuseInexactNumbers } from '../../graphql/scalars/exact-number.ts'
import type { UnreadResponses } from '../limits/unread-responses.ts'
import type { Closing } from './authorize.ts'

const PING_INTERVAL_MS = 12_000
/** Milliseconds for the client to answer our close. */
const CLOSE_TIMEOUT_MS = 2_000
/** Bytes that may wait for a client who does not read, before another message for it. */
const MAX_WAITING_BYTES = 32_000_000

const INVALID_PAYLOAD: Closing = {
  code: 1007,
  reason: 'Invalid payload: the message is not valid UTF-8. Encode the JSON as UTF-8.',
}

/** Calls a function with the text of each message, in which a number that JSON.parse would change is Infinity. */
export function onText(socket: WebSocket, receive: (text: string) => void): void {
  socket.on('message', (data: RawData, isBinary: boolean) => {
    if (socket.bufferedAmount > MAX_WAITING_BYTES) return socket.terminate()
    // The library has checked text frames already.
    if (isBinary && !isUtf8(data as Buffer)) return closeSocket(socket, INVALID_PAYLOAD)
    receive(refuseInexactNumbers(String(data)))
  })
}

/** Ends a socket that has not answered a ping by the time of the next one. */
export function endWhenSilent(socket: WebSocket): void {
  let answered = true
  const pinging = setInterval(() => {
    if (!answered) return socket.terminate()
    answered = false
    socket.ping()
  }, PING_INTERVAL_MS)
  socket.on('pong', () => {
    answered = true
  })
  socket.once('close', () => clearInterval(pinging))
}

/** Sends a message. @returns when the network has taken it, or the socket is not open */
export function sendText(socket: WebSocket, text: string, unread: UnreadResponses): Promise<void> {
  return new Promise((resolve, reject) => {
    if (socket.bufferedAmount > MAX_WAITING_BYTES) socket.terminate()
    if (socket.readyState !== socket.OPEN) return resolve()
    const left = unread.add({ bytes: () => text.length, abort: () => socket.terminate() })
    socket.send(text, (error) => {
      left()
      if (error) reject(error)
      else resolve()
    })
  })
}

/** Closes a socket, and ends its connection when the client does not answer in time. */
export function closeSocket(socket: WebSocket, { code, reason }: Closing): void {
  socket.close(code, reason)
  setTimeout(() => socket.terminate(), CLOSE_TIMEOUT_MS).unref()
}
