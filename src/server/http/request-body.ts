import { isUtf8 } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import { MIMEType, promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { refuseInexactNumbers } from '../../graphql/scalars/exact-number.ts'

const MAX_BODY_BYTES = 1_000_000

const BYTE_ORDER_MARK = '\ufeff'

const decompress = promisify(gunzip)

/** A request that is refused before it reaches the GraphQL pipeline. */
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
 * Reads the body of a POST: JSON in UTF-8, with or without a byte order mark, optionally compressed with gzip, of at most
 * 1 MB both compressed and decompressed. A number that JSON.parse would change becomes Infinity.
 *
 * @throws HttpRefusal 415 for a content type other than application/json (which also excludes forms of other sites), a
 *   charset other than UTF-8 and an encoding other than gzip; 413 if it is too large; 400 if it is not valid gzip, UTF-8
 *   or a JSON object
 */
export async function readJsonBody(request: IncomingMessage): Promise<object> {
  checkType(request.headers['content-type'])
  const encoding = encodingOf(request.headers['content-encoding'])
  const bytes = await readBytes(request)
  const text = decodeUtf8(encoding === 'gzip' ? await decompressGzip(bytes) : bytes)
  const body = parseJson(text, 'The body')
  if (Array.isArray(body)) {
    throw new HttpRefusal(400, 'Batches are not supported. Send each operation in its own request.')
  }
  if (typeof body !== 'object' || body === null || Object.keys(body).length === 0) {
    throw new HttpRefusal(
      400,
      'Send a JSON object with "query" and, if the operation has any, "variables".',
    )
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
    'Send the body uncompressed, or compressed with gzip and with the header "Content-Encoding: gzip".',
    { 'accept-encoding': 'gzip, identity' },
  )
}

/** Decompresses up to the limit, so that a small body cannot exhaust the memory. */
async function decompressGzip(bytes: Buffer): Promise<Buffer> {
  try {
    return await decompress(bytes, { maxOutputLength: MAX_BODY_BYTES })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge()
    throw new HttpRefusal(
      400,
      'The body is not valid gzip, although its header is "Content-Encoding: gzip".',
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
 * Parses JSON. A number that JSON.parse would change becomes Infinity.
 *
 * @param what the name of the text in the error
 * @throws HttpRefusal 400 if it is not valid JSON
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
    `The body is larger than ${MAX_BODY_BYTES} bytes. Send fewer or smaller events in one request.`,
  )

function readBytes(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // Bytes beyond the limit are read and dropped, because closing the connection would lose the response.
    if (Number(request.headers['content-length']) > MAX_BODY_BYTES) {
      request.resume()
      return reject(tooLarge())
    }
    const chunks: Buffer[] = []
    let size = 0
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size <= MAX_BODY_BYTES) chunks.push(chunk)
      else reject(tooLarge())
    })
    request.on('end', () => resolve(Buffer.concat(chunks, Math.min(size, MAX_BODY_BYTES))))
    request.on('error', reject)
  })
}
