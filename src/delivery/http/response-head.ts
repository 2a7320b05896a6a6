import { RESPONSE_CODES } from './transport-failure.ts'

/** The largest head that is accepted. Go accepts 1 MB, curl 300 kB; servers send less than 8 kB. */
const MAX_HEAD_BYTES = 64 * 1024
/** Longer values are omitted, since undici's parser limits them. */
const MAX_VALUE_CHARACTERS = 2048

/** A response whose status cannot be read. The code is one of `RESPONSE_CODES`. */
export class ResponseError extends Error {
  override name = 'ResponseError'
  readonly code: string
  constructor(code: string) {
    super(`The response cannot be read: ${code}`)
    this.code = code
  }
}

/**
 * Reads the head of a response as leniently as curl, Python and Go, and rewrites it in the strict form that undici's parser
 * accepts. The status decides the outcome of an attempt, so a head that deviates from RFC 9112 is accepted; its connection is
 * closed afterwards, because the end of such a response is not certain. Interim responses are removed: undici fails on a 100.
 */
export class ResponseHeadReader {
  #held: Buffer | null = null
  #searched = 0

  /** Whether a part of a head has arrived. */
  get begun(): boolean {
    return this.#held !== null
  }

  /**
   * Reads the next bytes of the connection. Returns a strict head unchanged.
   * @param closing whether the connection is closed after this response in any case
   * @returns the strict head and the bytes after it; null while the head is incomplete
   * @throws ResponseError
   */
  read(chunk: Buffer, closing: boolean): Buffer | null {
    if (!closing && !this.#held && isPlain(chunk)) return chunk
    let bytes = this.#held ? Buffer.concat([this.#held, chunk]) : chunk
    for (;;) {
      bytes = withoutEmptyLines(bytes)
      const end = endOfHead(bytes, this.#searched)
      if (end === null) {
        this.#hold(bytes)
        return null
      }
      const head = readHead(bytes.toString('latin1', 0, end.lineFeed))
      const rest = bytes.subarray(end.next)
      this.#held = null
      this.#searched = 0
      if (head.status >= 200) return Buffer.concat([strictHead(head, closing || !end.strict), rest])
      if (head.status === 101) throw new ResponseError(RESPONSE_CODES.upgrade)
      bytes = rest
    }
  }

  #hold(bytes: Buffer): void {
    if (bytes.length === 0) return
    if (!mayBeHttp(bytes)) throw new ResponseError(codeOfOtherProtocol(bytes))
    if (bytes.length > MAX_HEAD_BYTES) throw new ResponseError(RESPONSE_CODES.headTooLarge)
    this.#held = bytes
    // The end may be split between this chunk and the next one.
    this.#searched = Math.max(0, bytes.length - 2)
  }
}

/** Longer heads are rewritten, which omits long values. */
const MAX_PLAIN_CHARACTERS = MAX_VALUE_CHARACTERS
const FIELD =
  "(?!(?:content-length|transfer-encoding|(?:proxy-)?connection|upgrade):)[\\w!#$%&'*+.^`|~-]+:[\\t -~]*"
const FIELDS = `(?:(?:connection: keep-alive|${FIELD})\\r\\n)*`
const FRAMING = 'content-length: ?\\d{1,15}|transfer-encoding: ?chunked'
/**
 * The strict head of a final response on a persistent connection, with at most one header for the length of its body. No two
 * parts of the pattern match the same line, so its time is proportional to the length of the head.
 */
const PLAIN_HEAD = new RegExp(
  `^HTTP/1\\.1 [2-9]\\d\\d [\\t -~]*\\r\\n${FIELDS}(?:(?:${FRAMING})\\r\\n${FIELDS})?$`,
  'i',
)

/** Whether undici's parser reads the head as this reader does. Most heads are of this form, and are not copied. */
function isPlain(bytes: Buffer): boolean {
  const end = bytes.indexOf('\r\n\r\n', 0, 'latin1')
  if (end < 0 || end > MAX_PLAIN_CHARACTERS) return false
  const text = bytes.toString('latin1', 0, end + 2)
  return text.startsWith('HTTP/') && PLAIN_HEAD.test(text)
}

const CR = 13
const LF = 10

/** Removes line breaks before the head: some servers send one after a body, beyond its length. */
function withoutEmptyLines(bytes: Buffer): Buffer {
  let start = 0
  while (bytes[start] === CR || bytes[start] === LF) start += 1
  return start === 0 ? bytes : bytes.subarray(start)
}

/** Finds the empty line after the head. Lines may end in LF alone. */
function endOfHead(
  bytes: Buffer,
  from: number,
): { lineFeed: number; next: number; strict: boolean } | null {
  const strict = bytes.indexOf('\n\r\n', from, 'latin1')
  const bare = (strict < 0 ? bytes : bytes.subarray(0, strict)).indexOf('\n\n', from, 'latin1')
  if (bare >= 0) return { lineFeed: bare, next: bare + 2, strict: false }
  return strict < 0 ? null : { lineFeed: strict, next: strict + 3, strict: true }
}

interface Head {
  status: number
  /** Whether every line complies with RFC 9112. */
  strict: boolean
  persistent: boolean
  lengths: string[]
  codings: string[]
  /** Names and values of the other headers that are kept. */
  kept: string
}

const STATUS_LINE = /^HTTP\/1\.(\d)([ \t]+)([1-9]\d\d)(?:[ \t].*)?$/
const TOKEN = /^[\w!#$%&'*+\-.^`|~]+$/
const KEPT: ReadonlySet<string> = new Set([
  'content-encoding',
  'content-type',
  'keep-alive',
  'location',
])

/** @param text the head up to the last line's LF */
function readHead(text: string): Head {
  const [first = '', ...lines] = text.split('\n')
  const line = STATUS_LINE.exec(withoutReturn(first))
  if (!line) throw new ResponseError(codeOfOtherProtocol(Buffer.from(text, 'latin1')))
  const head: Head = {
    status: Number(line[3]),
    strict: first.endsWith('\r') && line[2] === ' ',
    persistent: line[1] !== '0',
    lengths: [],
    codings: [],
    kept: '',
  }
  for (const one of lines) readHeader(one, head)
  return head
}

function readHeader(line: string, head: Head): void {
  const colon = line.indexOf(':')
  const name = line.slice(0, Math.max(0, colon))
  if (!line.endsWith('\r') || !TOKEN.test(name)) head.strict = false
  // A line that begins with a space continues the value before it. It is ignored, as RFC 9112 allows.
  if (colon <= 0 || /^[ \t]/.test(name)) return
  const value = plainValue(line.slice(colon + 1))
  const key = name.trimEnd().toLowerCase()
  if (key === 'content-length') head.lengths.push(...elements(value))
  else if (key === 'transfer-encoding') head.codings.push(...elements(value))
  else if (key === 'connection') readConnection(elements(value), head)
  else if (KEPT.has(key) && value.length <= MAX_VALUE_CHARACTERS) {
    head.kept += `${key}: ${value}\r\n`
  }
}

function readConnection(options: readonly string[], head: Head): void {
  if (options.includes('close')) head.persistent = false
  else if (options.includes('keep-alive')) head.persistent = true
}

/** Writes a head in the strict form. */
function strictHead(head: Head, closing: boolean): Buffer {
  const { line, certain } = framing(head)
  const persistent = head.persistent && head.strict && certain && !closing
  return Buffer.from(
    `HTTP/1.1 ${head.status} \r\n${line}${head.kept}connection: ${persistent ? 'keep-alive' : 'close'}\r\n\r\n`,
    'latin1',
  )
}

/** Returns the header for the length of the body (RFC 9112, section 6.3); none when it ends with the connection. */
function framing({ lengths, codings: all }: Head): { line: string; certain: boolean } {
  const codings = all.filter((coding) => coding !== 'identity')
  if (codings.length > 0) {
    const line = codings.at(-1) === 'chunked' ? 'transfer-encoding: chunked\r\n' : ''
    return { line, certain: all.length === 1 && lengths.length === 0 }
  }
  const [length = ''] = lengths
  if (lengths.some((other) => other !== length)) {
    throw new ResponseError(RESPONSE_CODES.lengthsDiffer)
  }
  if (length === '') return { line: '', certain: true }
  if (!/^\d+$/.test(length)) throw new ResponseError(RESPONSE_CODES.lengthInvalid)
  const countable = Number.isSafeInteger(Number(length))
  return {
    line: countable ? `content-length: ${length}\r\n` : '',
    certain: countable && lengths.length === 1,
  }
}

const withoutReturn = (line: string) => (line.endsWith('\r') ? line.slice(0, -1) : line)

/** Returns a value without control characters and without the spaces around it. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern matches them
const plainValue = (text: string) => text.replace(/[\x00-\x08\x0a-\x1f\x7f]/g, '').trim()

const elements = (value: string) =>
  value
    .toLowerCase()
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '')

/** Whether these first bytes can become a status line. */
function mayBeHttp(bytes: Buffer): boolean {
  const name = 'HTTP/1.'
  const start = bytes.toString('latin1', 0, name.length)
  return name.startsWith(start)
}

/** Returns the error code of a response that is not HTTP/1, by its first bytes. */
function codeOfOtherProtocol(bytes: Buffer): string {
  if (bytes.toString('latin1', 0, 6) === 'HTTP/2' || isFrame(bytes)) return RESPONSE_CODES.http2
  const [contentType, major] = bytes
  const isTlsRecord = (contentType === 0x15 || contentType === 0x16) && major === 3
  return isTlsRecord ? RESPONSE_CODES.tls : RESPONSE_CODES.noStatusLine
}

/** Whether the bytes begin with a first frame of HTTP/2: SETTINGS or GOAWAY of stream 0. */
function isFrame(bytes: Buffer): boolean {
  if (bytes.length < 9) return false
  const isFirst = bytes[3] === 4 || bytes[3] === 7
  return bytes[0] === 0 && isFirst && bytes.readUInt32BE(5) === 0
}
