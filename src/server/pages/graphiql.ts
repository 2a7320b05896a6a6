import type { IncomingMessage, ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { type Asset, type GraphiqlAssets, loadGraphiqlAssets } from './graphiql-assets.ts'
import { graphiqlExamples } from './graphiql-examples.ts'
import { isLocalRequest } from './local-request.ts'

export interface GraphiqlOptions {
  /** The path below which a proxy serves the page, as in "/webhooks". Default: none. */
  basePath?: string
  /** Prefills the Headers pane, for browsers on this machine only. */
  localKey?: string
  /** What the first example creates a destination for. */
  exampleUrl?: string
}

export interface Graphiql {
  answerPage(request: IncomingMessage, response: ServerResponse): Promise<void>
  /** @returns whether the path is one of the page's files */
  answerAsset(path: string, request: IncomingMessage, response: ServerResponse): Promise<boolean>
}

/** Only this service's own files; no other page may frame it or read it. Monaco writes styles as it runs. */
const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    'worker-src blob:',
    "connect-src 'self'",
    'font-src data:',
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
}

/** GraphiQL, served whole: nothing of it comes from another host. It is loaded when first asked for. */
export function createGraphiql(options: GraphiqlOptions = {}): Graphiql {
  let loading: Promise<GraphiqlAssets> | null = null
  const assets = () => {
    loading ??= loadGraphiqlAssets()
    return loading
  }
  return {
    answerPage: async (request, response) => {
      const { localKey, ...rest } = options
      const local = localKey !== undefined && isLocalRequest(request)
      const page = renderPage(await assets(), local ? options : rest)
      response.writeHead(200, PAGE_HEADERS).end(page)
    },
    answerAsset: async (path, request, response) => {
      if (!path.startsWith('/graphql/graphiql-')) return false
      const found = Object.values(await assets()).find((asset: Asset) => asset.path === path)
      if (found) await sendAsset(found, request, response)
      return found !== undefined
    },
  }
}

async function sendAsset(
  { gzipped, type }: Asset,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const headers = {
    'content-type': type,
    'cache-control': 'public, max-age=31536000, immutable',
    vary: 'accept-encoding',
  }
  const takesGzip = /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''))
  if (takesGzip) response.writeHead(200, { ...headers, 'content-encoding': 'gzip' }).end(gzipped)
  else response.writeHead(200, headers).end(await promisify(gunzip)(gzipped))
}

const MARK =
  '<svg xmlns="http://www.w3.org/2000/svg" width="28" height="28" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#4f46e5"/><path d="M9 8v16h8.5a4.6 4.6 0 0 0 1.9-8.8A4.2 4.2 0 0 0 16 8Z" fill="none" stroke="#fff" stroke-width="3" stroke-linejoin="round"/><path d="M9 15.5h8" stroke="#fff" stroke-width="3"/></svg>'

const TITLE = 'Bigmind Webhooks'

function renderPage(
  { script, style }: GraphiqlAssets,
  { basePath = '', exampleUrl = 'https://example.com/webhooks', localKey }: GraphiqlOptions,
): string {
  const key = localKey ?? 'bmk_… (put an API key here)'
  const headers = JSON.stringify({ authorization: `Bearer ${key}` }, null, 2)
  const options = {
    localKey,
    graphiql: {
      title: TITLE,
      logo: MARK,
      endpoint: `${basePath}/graphql`,
      // The one protocol with which the Headers pane goes along to subscriptions.
      subscriptionsProtocol: 'SSE',
      defaultHeaders: headers,
      defaultTabs: graphiqlExamples(exampleUrl).map(({ query, variables }) => ({
        query,
        headers,
        variables: variables ? JSON.stringify(variables, null, 2) : '',
      })),
      defaultEditorToolsVisibility: 'variables',
      shouldPersistHeaders: true,
    },
  }
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${TITLE} · GraphiQL</title>
    <link rel="icon" href="data:image/svg+xml,${encodeURIComponent(MARK)}">
    <link rel="stylesheet" href="${basePath}${style.path}">
  </head>
  <body class="no-focus-outline">
    <noscript>GraphiQL needs JavaScript. The API itself is at this address too: send it a POST.</noscript>
    <div id="root"></div>
    <script type="application/json" id="options">${JSON.stringify(options).replaceAll('<', '\\u003c')}</script>
    <script src="${basePath}${script.path}"></script>
  </body>
</html>
`
}
