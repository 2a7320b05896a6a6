import type { IncomingMessage, ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { preferred } from '../http/accept.ts'

/** A file of a page, under a URL that changes with its content. */
export interface StaticFile {
  /** The header Content-Type. */
  type: string
  gzip: Buffer
  br?: Buffer
}

/** Sends a file, compressed if the client accepts that. Browsers keep it forever. */
export async function sendStaticFile(
  file: StaticFile,
  { headers }: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const accepted = String(headers['accept-encoding'] ?? '')
  const encoding = (['br', 'gzip'] as const).find((one) => file[one] && preferred(accepted, [one]))
  const body = encoding ? file[encoding]! : await promisify(gunzip)(file.gzip)
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
