import { isUtf8 } from 'node:buffer'
import type { RawData, WebSocket } from 'ws'
import { refuseInexactNumbers } from '../../graphql/scalars/exact-number.ts'
import type { UnreadResponses } from '../limits/unread-responses.ts'
import type { Closing } from './authorize.ts'

/** The time within which the client must acknowledge a close. */
const CLOSE_TIMEOUT_MS = 2_000
/** Bytes buffered for a client that does not read. */
const MAX_BUFFERED_BYTES = 32_000_000

const INVALID_PAYLOAD: Closing = {
  code: 1007,
  reason: 'Invalid payload: the message is not valid UTF-8. Encode the JSON as UTF-8.',
}

/** Calls the function with the text of each message. A number that JSON.parse would change becomes Infinity. */
export function onText(socket: WebSocket, receive: (text: string) => void): void {
  socket.on('message', (data: RawData, isBinary: boolean) => {
    if (socket.bufferedAmount > MAX_BUFFERED_BYTES) return socket.terminate()
    // ws has validated text frames already.
    if (isBinary && !isUtf8(data as Buffer)) return closeSocket(socket, INVALID_PAYLOAD)
    receive(refuseInexactNumbers(String(data)))
  })
}

/** Sends a message. Resolves when it was passed to the network, or if the WebSocket is not open. */
export function sendText(socket: WebSocket, text: string, unread: UnreadResponses): Promise<void> {
  return new Promise((resolve, reject) => {
    if (socket.bufferedAmount > MAX_BUFFERED_BYTES) socket.terminate()
    if (socket.readyState !== socket.OPEN) return resolve()
    const remove = unread.add({ bytes: () => text.length, abort: () => socket.terminate() })
    socket.send(text, (error) => {
      remove()
      if (error) reject(error)
      else resolve()
    })
  })
}

/** Closes a WebSocket, and its connection if the client does not acknowledge the close in time. */
export function closeSocket(socket: WebSocket, { code, reason }: Closing): void {
  socket.close(code, reason)
  setTimeout(() => socket.terminate(), CLOSE_TIMEOUT_MS).unref()
}
