import type { ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import type { FetchAPI } from 'graphql-yoga'
import type { UnreadResponses } from '../limits/unread-responses.ts'

/** A response of up to ten TCP segments arrives in one round trip, so compressing it would not save time. */
const MIN_COMPRESSED_BYTES = 14_600

/** Level 4 of 11 takes about as long as gzip and compresses better. */
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }

const COMPRESS = {
  br: (text: string) => promisify(brotliCompress)(text, BROTLI),
  gzip: (text: string) => promisify(gzip)(text),
}

export type Encoding = keyof typeof COMPRESS

export const ENCODINGS = ['br', 'gzip'] as const satisfies readonly Encoding[]

export interface CompressionOptions {
  encoding: Encoding
  fetchAPI: Pick<FetchAPI, 'Response'>
  response: ServerResponse
  unread: UnreadResponses
}

/** Compresses a long response on the thread pool. Meanwhile its text counts as an unread response. */
export async function compress(
  answer: Response,
  { encoding, fetchAPI, response, unread }: CompressionOptions,
): Promise<Response> {
  const { headers, status, statusText } = answer
  if (Number(headers.get('content-length')) < MIN_COMPRESSED_BYTES) return answer
  const text = await answer.text()
  const remove = unread.add({ bytes: () => text.length, abort: () => response.destroy() })
  try {
    const body = await COMPRESS[encoding](text)
    headers.set('content-encoding', encoding)
    headers.set('content-length', String(body.length))
    return new fetchAPI.Response(new Uint8Array(body), { status, statusText, headers })
  } finally {
    remove()
  }
}
