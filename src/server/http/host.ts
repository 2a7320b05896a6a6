import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { HttpRefusal } from './request-body.ts'

export const BAD_HOST =
  'The header Host is not the name of a host. Send one, as in "Host: webhooks.example.com" or "Host: 127.0.0.1:4000".'

/** The characters that end the host in a URL, or precede it. */
const NO_HOST = /[\s/\\?#@]/

/** Whether the header Host is missing, which only HTTP/1.0 permits, or the name or address of a host with an optional port. */
export const isValidHost = ({ host }: IncomingHttpHeaders): boolean =>
  host === undefined || (!NO_HOST.test(host) && URL.canParse(`http://${host}`))

/**
 * Refuses a request whose header Host is malformed (RFC 9112, section 3.2).
 * @throws HttpRefusal 400
 */
export function checkHost({ headers }: IncomingMessage): void {
  if (!isValidHost(headers)) throw new HttpRefusal(400, BAD_HOST)
}
