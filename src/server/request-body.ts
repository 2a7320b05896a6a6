import type { IncomingMessage } from 'node:http'

const LIMIT = 1_000_000

/** A request that is refused before GraphQL sees it. */
export class HttpRefusal extends Error {
  override name = 'HttpRefusal'
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/**
 * Reads the body of a POST, at most 1 MB of it.
 * @throws HttpRefusal 415 for anything but application/json, which is also what keeps other sites' forms
 *   out; 413 as soon as it is known to be too large; 400 for what is not a JSON object
 */
export async function readJsonBody(request: IncomingMessage): Promise<object> {
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase()
  if (type !== 'application/json') {
    throw new HttpRefusal(
      415,
      'Send the operation as JSON, with the header "Content-Type: application/json".',
    )
  }
  const body = parse(await readText(request), 'The body')
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

/** @throws HttpRefusal 400 when a GET's variables or extensions are not JSON */
export function checkJsonParameters(url: string): void {
  if (!/[?&](variables|extensions)=/.test(url)) return
  const { searchParams } = new URL(url, 'http://localhost')
  for (const name of ['variables', 'extensions']) {
    const value = searchParams.get(name)
    if (value) parse(value, `The parameter "${name}"`)
  }
}

function parse(text: string, what: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new HttpRefusal(400, `${what} is not valid JSON.`)
  }
}

function readText(request: IncomingMessage): Promise<string> {
  const tooLarge = () =>
    new HttpRefusal(
      413,
      `The body is larger than ${LIMIT} bytes. Send less in one request: fewer events, or smaller ones.`,
    )
  return new Promise((resolve, reject) => {
    // What is not kept is still read: the answer would be lost if the connection broke under the sender.
    if (Number(request.headers['content-length']) > LIMIT) {
      request.resume()
      return reject(tooLarge())
    }
    const chunks: Buffer[] = []
    let size = 0
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size <= LIMIT) chunks.push(chunk)
      else reject(tooLarge())
    })
    request.on('end', () => resolve(Buffer.concat(chunks, Math.min(size, LIMIT)).toString()))
    request.on('error', reject)
  })
}
