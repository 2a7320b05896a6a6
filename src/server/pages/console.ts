import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { fileURLToPath } from 'node:url'
import { type ConsoleFile, type ConsoleFiles, readConsoleFiles } from './console-files.ts'
import { isLocalRequest } from './local-request.ts'

export interface ConsoleOptions {
  /** The path below which a proxy serves the console, as in "/webhooks". Default: none. */
  basePath?: string
  /** The build to serve. Default: what `npm run build:console` makes. */
  folder?: string
  /** Signs browsers on this machine in, and no others. */
  localKey?: string
}

export interface Console {
  /** @returns whether the path is one of the console's pages or files, and so is answered */
  answer(path: string, request: IncomingMessage, response: ServerResponse): Promise<boolean>
}

const BUILT = fileURLToPath(new URL('../../../dist/console', import.meta.url))

/** The addresses of its pages: all are answered by the one page, whose script shows what the address names. */
const PAGES = /^\/(destinations\/[^/]+(\/deliveries)?|events(\/[^/]+)?|api)?$/

const NOT_BUILT =
  'The console is not built: run "npm run build:console", then load this page again. The API is at /graphql.\n'

/** The web pages, from a folder that is read when the first of them is asked for. */
export function createConsole({
  basePath = '',
  folder = BUILT,
  localKey,
}: ConsoleOptions = {}): Console {
  let reading: Promise<ConsoleFiles | null> | null = null
  const read = async () => {
    reading ??= readConsoleFiles(folder, basePath)
    const files = await reading.catch((error: unknown) => {
      reading = null
      throw error
    })
    // It may be built while we run.
    if (!files) reading = null
    return files
  }
  return {
    async answer(path, request, response) {
      if (request.method !== 'GET' && request.method !== 'HEAD') return false
      if (path.startsWith('/assets/')) {
        const file = (await read())?.assets.get(path)
        if (file) sendFile(file, request, response)
        return file !== undefined
      }
      if (!PAGES.test(path) || !takesHtml(request)) return false
      const files = await read()
      const key = localKey !== undefined && isLocalRequest(request) ? localKey : null
      if (files) sendPage(files.page, { key, host: request.headers.host ?? '' }, response)
      else response.writeHead(503, PLAIN).end(NOT_BUILT)
      return true
    },
  }
}

const PLAIN = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' }

const takesHtml = ({ headers: { accept = '*/*' } }: IncomingMessage) =>
  accept.includes('text/html') || accept.includes('*/*')

/** Kept for good: another content has another name. */
function sendFile(
  { type, plain, br, gzip }: ConsoleFile,
  { headers }: IncomingMessage,
  response: ServerResponse,
): void {
  const accepted = String(headers['accept-encoding'] ?? '')
  const encoding = takes(accepted, 'br') ? 'br' : takes(accepted, 'gzip') ? 'gzip' : null
  const body = { br, gzip, plain }[encoding ?? 'plain']
  response
    .writeHead(200, {
      'content-type': type,
      'content-length': body.length,
      ...(encoding && { 'content-encoding': encoding }),
      'cache-control': 'public, max-age=31536000, immutable',
      'cross-origin-resource-policy': 'same-origin',
      vary: 'accept-encoding',
    })
    .end(body)
}

/** Whether an encoding is named, and not by a weight of 0. */
const takes = (accepted: string, encoding: string) =>
  accepted
    .split(',')
    .map((one) => one.trim().split(/\s*;\s*q=/i))
    .some(([name, weight]) => name === encoding && Number(weight ?? 1) > 0)

function sendPage(
  page: string,
  { key, host }: { key: string | null; host: string },
  response: ServerResponse,
): void {
  const nonce = randomBytes(16).toString('base64')
  const head = [
    `<meta property="csp-nonce" nonce="${nonce}">`,
    ...(key === null ? [] : [`<meta name="local-key" content="${key}">`]),
  ]
  response
    .writeHead(200, pageHeaders(nonce, host))
    .end(page.replace('</head>', () => `${head.join('')}</head>`))
}

const HOST = /^[\w.-]+(:\d+)?$|^\[[\da-f:]+\](:\d+)?$/i

/**
 * Only this service's own files and its API; no other page may frame it or read it. The nonce is for the one
 * style that an open dialog adds, to keep the page behind it from scrolling.
 */
function pageHeaders(nonce: string, host: string): Record<string, string> {
  // Not every browser takes a socket to the own host for 'self'.
  const sockets = HOST.test(host) ? ` ws://${host} wss://${host}` : ''
  return {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy': [
      "default-src 'none'",
      "script-src 'self'",
      `style-src 'self' 'nonce-${nonce}'`,
      "img-src 'self'",
      `connect-src 'self'${sockets}`,
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ].join('; '),
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-frame-options': 'DENY',
  }
}
