import type { IncomingMessage, ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { preferred } from '../http/accept.ts'
import type { UnreadResponses } from '../limits/unread-responses.ts'

/** A file of a page, under a URL that changes with its content. */
export interface StaticFile {
  /** The header Content-Type. */
  type: string
  gzip: Buffer
  br?: Buffer
}

/** The content of a file, decompressed once for all responses that send it now. */
interface Decompressed {
  content: Promise<Buffer>
  responses: number
}

export type SendStaticFile = (
  file: StaticFile,
  request: IncomingMessage,
  response: ServerResponse,
) => Promise<void>

/**
 * Creates the function that sends files, compressed if the client accepts that. Browsers keep them forever. The content is in
 * memory once, however many responses send it: Node writes a buffer by reference.
 */
export function createStaticFileSender(unread: UnreadResponses): SendStaticFile {
  const decompressed = new Map<StaticFile, Decompressed>()

  function decompress(file: StaticFile, response: ServerResponse): Promise<Buffer> {
    const shared = decompressed.get(file) ?? {
      content: promisify(gunzip)(file.gzip),
      responses: 0,
    }
    decompressed.set(file, shared)
    shared.responses += 1
    response.once('close', () => {
      shared.responses -= 1
      if (shared.responses === 0) decompressed.delete(file)
    })
    return shared.content
  }

  return async (file, request, response) => {
    // The request may have been closed while the files were read.
    if (response.closed) return
    const accepted = String(request.headers['accept-encoding'] ?? '')
    const encoding = (['br', 'gzip'] as const).find(
      (one) => file[one] && preferred(accepted, [one]),
    )
    unread.addHttp(response, () => 0)
    const body = encoding ? file[encoding]! : await decompress(file, response)
    response
      .writeHead(200, {
        'content-type': file.type,
        'content-length': body.length,
        ...(encoding && { 'content-encoding': encoding }),
        'cache-control': 'public, max-age=31536000, immutable',
        'cross-origin-resource-policy': 'same-origin',
        vary: 'accept-encoding',
      })
      .end(body)
  }
}
