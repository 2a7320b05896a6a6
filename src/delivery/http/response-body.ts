import type { IncomingHttpHeaders } from 'node:http'
import type { Transform } from 'node:stream'
import { MIMEType } from 'node:util'
import {
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  createZstdDecompress,
} from 'node:zlib'

/** Bytes of a response body that are kept, both as received and decompressed. */
export const MAX_BODY_BYTES = 4096

/** The beginning of a response body, as received. */
export interface ReceivedBody {
  /** At most `MAX_BODY_BYTES`. */
  bytes: Buffer
  /** The number of received bytes, including those that were not kept. */
  size: number
  /** Whether the body was received to its end. */
  complete: boolean
}

/**
 * Returns the text that the history stores for a body: its beginning, decompressed and decoded according to its headers, or
 * the size and type of a body that is not text, such as "70 bytes of image/png". Null for an empty body. Never throws.
 */
export async function bodyText(
  headers: IncomingHttpHeaders,
  body: ReceivedBody,
): Promise<string | null> {
  if (body.size === 0) return null
  const type = mimeTypeOf(headers['content-type'])
  const content = await contentOf(headers['content-encoding'], body)
  const text = content && textOf(content, type)
  return text ?? describe(headers, body, type)
}

interface Content {
  bytes: Buffer
  /** Whether the content is cut, so that its last character may be incomplete. */
  truncated: boolean
}

/** Returns the decompressed content, as far as it was received; null when it cannot be decompressed. */
function contentOf(
  encoding: string | undefined,
  body: ReceivedBody,
): Promise<Content | null> | Content | null {
  const codings = encoding ? codingsOf(encoding) : []
  if (codings.length === 0) return { bytes: body.bytes, truncated: body.bytes.length < body.size }
  const [coding = ''] = codings
  const decompressor = codings.length === 1 ? decompressorOf(coding, body.bytes) : null
  return decompressor && decompress(decompressor, body.bytes)
}

const codingsOf = (encoding: string) =>
  encoding
    .toLowerCase()
    .split(',')
    .map((coding) => coding.trim())
    .filter((coding) => coding !== '' && coding !== 'identity')

/** Accepts an incomplete input, since only the beginning of the body is kept. */
const ZLIB = { finishFlush: constants.Z_SYNC_FLUSH }
const BROTLI = { finishFlush: constants.BROTLI_OPERATION_FLUSH }
const ZSTD = { finishFlush: constants.ZSTD_e_flush }

/** Whether a zlib header precedes the data, which some servers omit for "deflate". */
const hasZlibHeader = ([first = 0]: Buffer) => (first & 0x0f) === 8

function decompressorOf(coding: string, bytes: Buffer): Transform | null {
  switch (coding) {
    case 'gzip':
    case 'x-gzip':
      return createGunzip(ZLIB)
    case 'deflate':
      return hasZlibHeader(bytes) ? createInflate(ZLIB) : createInflateRaw(ZLIB)
    case 'br':
      return createBrotliDecompress(BROTLI)
    case 'zstd':
      return createZstdDecompress(ZSTD)
    default:
      return null
  }
}

/** Decompresses up to the limit, so that a small body cannot fill the memory. */
async function decompress(decompressor: Transform, bytes: Buffer): Promise<Content | null> {
  const chunks: Buffer[] = []
  let size = 0
  decompressor.end(bytes)
  try {
    for await (const chunk of decompressor as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      size += chunk.length
      if (size > MAX_BODY_BYTES) break
    }
  } catch {
    // The content before the fault is kept.
  }
  if (size === 0) return null
  return { bytes: Buffer.concat(chunks).subarray(0, MAX_BODY_BYTES), truncated: true }
}

const TEXT_TYPE = /^text\/|[/+](json|xml|javascript|ecmascript|yaml|x-www-form-urlencoded)$/
const BINARY_TYPE = /^(image|audio|video|font)\//

/** Control characters that text does not contain. Excludes NUL, with which some receivers end a text. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern matches them
const CONTROL_CHARACTER = /[\u0001-\u0008\u000e-\u001a\u001c-\u001f]/

/** Returns the text without NUL, which PostgreSQL cannot store; null when the content is not text. */
function textOf(content: Content, type: MIMEType | null): string | null {
  const isDeclared = type !== null && TEXT_TYPE.test(type.essence)
  if (!isDeclared && type !== null && BINARY_TYPE.test(type.essence)) return null
  const charset = byteOrderMark(content.bytes) ?? charsetOf(type)
  const utf8 = charset === null ? decode(content, 'utf-8', { fatal: true }) : null
  // Browsers decode a text without a charset that is not UTF-8 in this way.
  const text = utf8 ?? decode(content, charset ?? 'windows-1252')
  if (text === null) return null
  const isText = isDeclared || !CONTROL_CHARACTER.test(text)
  return isText ? text.replaceAll('\0', '') : null
}

function byteOrderMark([first, second, third]: Buffer): string | null {
  if (first === 0xef && second === 0xbb && third === 0xbf) return 'utf-8'
  if (first === 0xfe && second === 0xff) return 'utf-16be'
  return first === 0xff && second === 0xfe ? 'utf-16le' : null
}

/** Returns the declared charset; null when there is none or none that is known. */
function charsetOf(type: MIMEType | null): string | null {
  const label = type?.params.get('charset')
  if (!label) return null
  try {
    return new TextDecoder(label).encoding
  } catch {
    return null
  }
}

function decode({ bytes, truncated }: Content, charset: string, options = {}): string | null {
  try {
    // `stream` omits an incomplete last character instead of replacing it.
    return new TextDecoder(charset, options).decode(bytes, { stream: truncated })
  } catch {
    return null
  }
}

function mimeTypeOf(contentType: string | undefined): MIMEType | null {
  try {
    return contentType === undefined ? null : new MIMEType(contentType)
  } catch {
    return null
  }
}

/** Characters of a type that are shown; RFC 6838 allows 127 for either part. */
const MAX_TYPE_LENGTH = 255

function describe(
  headers: IncomingHttpHeaders,
  { complete, size }: ReceivedBody,
  type: MIMEType | null,
): string {
  const declared = Number(headers['content-length'])
  const isKnown = complete || declared >= size
  const bytes = complete ? size : isKnown ? declared : size
  const amount = `${isKnown ? '' : 'at least '}${bytes} ${bytes === 1 ? 'byte' : 'bytes'}`
  return `${amount} of ${type?.essence.slice(0, MAX_TYPE_LENGTH) ?? 'an unknown type'}`
}
