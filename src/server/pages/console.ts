import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { fileURLToPath } from 'node:url'
import { type ConsoleFiles, readConsoleFiles } from './console-files.ts'
import type { SendStaticFile } from './static-file.ts'

export interface ConsoleOptions {
  /** The path under which a proxy serves the console, as in "/webhooks". Default: none. */
  basePath?: string
  /** The folder of the build. Default: that of `npm run build:console`. */
  folder?: string
  /** Whether the service prints a link that signs in. The page then says so. Default: false. */
  hasSignInLink?: boolean
  sendStaticFile: SendStaticFile
}

export interface Console {
  /** Responds to requests for the console's pages and files. Returns false for any other path. */
  answer(path: string, request: IncomingMessage, response: ServerResponse): Promise<boolean>
}

const BUILT = fileURLToPath(new URL('../../../dist/console', import.meta.url))

/** The paths of its pages. All of them get the same HTML, whose script renders the page. */
const PAGES = /^\/(destinations\/[^/]+(\/deliveries)?|events(\/[^/]+)?|api|audit-log)?$/

const NOT_BUILT =
  'The console is not built: run "npm run build:console", then load this page again. The API is at /graphql.\n'

/** Serves the web pages from a folder, which is read on the first request. */
export function createConsole({
  basePath = '',
  folder = BUILT,
  hasSignInLink = false,
  sendStaticFile,
}: ConsoleOptions): Console {
  let reading: Promise<ConsoleFiles | null> | null = null
  const read = async () => {
    reading ??= readConsoleFiles(folder, basePath)
    const files = await reading.catch((error: unknown) => {
      reading = null
      throw error
    })
    // The console can be built while the service runs.
    if (!files) reading = null
    return files
  }
  return {
    async answer(path, request, response) {
      if (request.method !== 'GET' && request.method !== 'HEAD') return false
      if (path.startsWith('/assets/')) {
        const file = (await read())?.assets.get(path)
        if (file) await sendStaticFile(file, request, response)
        return file !== undefined
      }
      if (!PAGES.test(path) || !takesHtml(request)) return false
      const files = await read()
      if (files) sendPage(files.page, { hasSignInLink, host: request.headers.host ?? '' }, response)
      else response.writeHead(503, PLAIN).end(NOT_BUILT)
      return true
    },
  }
}

const PLAIN = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' }

const takesHtml = ({ headers: { accept = '*/*' } }: IncomingMessage) =>
  accept.includes('text/html') || accept.includes('*/*')

function sendPage(
  page: string,
  { hasSignInLink, host }: { hasSignInLink: boolean; host: string },
  response: ServerResponse,
): void {
  const nonce = randomBytes(16).toString('base64')
  const head = [
    `<meta property="csp-nonce" nonce="${nonce}">`,
    ...(hasSignInLink ? ['<meta name="sign-in-link" content="printed">'] : []),
  ]
  response
    .writeHead(200, pageHeaders(nonce, host))
    .end(page.replace('</head>', () => `${head.join('')}</head>`))
}

const HOST = /^[\w.-]+(:\d+)?$|^\[[\da-f:]+\](:\d+)?$/i

/**
 * Allows the page only this service's files and its API, and no other page to frame or read it. The nonce is for a style
 * that open dialogs add, which stops the page behind them from scrolling.
 */
function pageHeaders(nonce: string, host: string): Record<string, string> {
  // Some browsers do not include WebSockets of the same host in 'self'.
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
