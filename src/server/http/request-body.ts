import { isUtf8 } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import { MIMEType, promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { refuseInexactNumbers } from '../../graphql/scalars/exact-number.ts'

const LIMIT_BYTES = 1_000_000

const BYTE_ORDER_MARK = '\ufeff'

const decompress = promisify(gunzip)

/** A request that is refused before GraphQL sees it. */
export class HttpRefusal extends Error {
  override name = 'HttpRefusal'
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message)
    this.status = status
    this.headers = headers
  }
}

/**
 * Reads the body of a POST: JSON in UTF-8, with or without a byte order mark, as it is or compressed by gzip. It
 * has at most 1 MB, both as sent and decompressed. A number that JSON.parse would change is read as Infinity.
 *
 * @throws HttpRefusal 415 for anything but application/json, which is also what keeps other sites' forms
 *   out, for a charset other than UTF-8 and for an encoding other than gzip; 413 as soon as it is known to be too
 *   large; 400 for bytes that are not UTF-8 or not gzip, and for what is not a JSON object
 */
export async function readJsonBody(request: IncomingMessage): Promise<object> {
  checkType(request.headers['content-type'])
  const encoding = encodingOf(request.headers['content-encoding'])
  const bytes = await readBytes(request)
  const text = decodeUtf8(encoding === 'gzip' ? await decompressGzip(bytes) : bytes)
  const body = parseJson(text, 'The body')
  if (Array.isArray(body)) {
    throw new HttpRefusal(
      400,
      'Operations cannot be sent in batches. Send each in a request of its own.',
    )
  }
  if (typeof body !== 'object' || body === null || Object.keys(body).length === 0) {
    throw new HttpRefusal(400, 'Send a JSON object with "query" and, if it has some, "variables".')
  }
  return body
}

function checkType(contentType = ''): void {
  const type = mimeTypeOf(contentType)
  if (type?.essence !== 'application/json') {
    throw new HttpRefusal(
      415,
      'Send the operation as JSON, with the header "Content-Type: application/json".',
    )
  }
  const charset = type.params.get('charset') ?? 'utf-8'
  if (!/^utf-?8$/i.test(charset)) {
    throw new HttpRefusal(
      415,
      'The charset of the body must be UTF-8. Encode the JSON as UTF-8, with the header "Content-Type: application/json".',
    )
  }
}

function mimeTypeOf(contentType: string): MIMEType | null {
  try {
    return new MIMEType(contentType)
  } catch {
    return null
  }
}

function encodingOf(contentEncoding = 'identity'): 'gzip' | 'identity' {
  const encoding = contentEncoding.trim().toLowerCase()
  if (encoding === 'gzip' || encoding === 'x-gzip') return 'gzip'
  if (encoding === 'identity' || encoding === '') return 'identity'
  throw new HttpRefusal(
    415,
    'The body must be sent as it is or compressed by gzip, with the header "Content-Encoding: gzip".',
    { 'accept-encoding': 'gzip, identity' },
  )
}

/** Decompresses at most the limit, so that a small body cannot fill the memory. */
async function decompressGzip(bytes: Buffer): Promise<Buffer> {
  try {
    return await decompress(bytes, { maxOutputLength: LIMIT_BYTES })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge()
    throw new HttpRefusal(
      400,
      'The body is not valid gzip, as its header "Content-Encoding: gzip" says.',
    )
  }
}

function decodeUtf8(bytes: Buffer): string {
  if (!isUtf8(bytes)) {
    throw new HttpRefusal(400, 'The body is not valid UTF-8. Encode the JSON as UTF-8.')
  }
  const text = bytes.toString()
  return text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text
}

/**
 * Reads JSON text. A number that JSON.parse would change is read as Infinity.
 *
 * @param what names the text in the refusal
 * @throws HttpRefusal 400 when it is not JSON
 */
export function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(refuseInexactNumbers(text))
  } catch {
    throw new HttpRefusal(400, `${what} is not valid JSON.`)
  }
}

const tooLarge = () =>
  new HttpRefusal(
    413,
    `The body is larger than ${LIMIT_BYTES} bytes. Send less in one request: fewer events, or smaller ones.`,
  )

function readBytes(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // Bytes beyond the limit are read and dropped: a closed connection would lose the answer.
    if (Number(request.headers['content-length']) > LIMIT_BYTES) {
      request.resume()
      return reject(tooLarge())
    }
    const chunks: Buffer[] = []
    let size = 0
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size <= LIMIT_BYTES) chunks.push(chunk)
      else reject(tooLarge())
    })
    request.on('end', () => resolve(Buffer.concat(chunks, Math.min(size, LIMIT_BYTES))))
    request.on('error', reject)
  })
}
