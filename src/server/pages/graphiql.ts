import type { IncomingMessage, ServerResponse } from 'node:http'
import { type GraphiqlAssets, loadGraphiqlAssets } from './graphiql-assets.ts'
import { graphiqlExamples } from './graphiql-examples.ts'
import type { SendStaticFile } from './static-file.ts'

export interface GraphiqlOptions {
  /** The path under which a proxy serves the page, as in "/webhooks". Default: none. */
  basePath?: string
  /** The URL of the destination in the first example. */
  exampleUrl?: string
  sendStaticFile: SendStaticFile
}

export interface Graphiql {
  answerPage(request: IncomingMessage, response: ServerResponse): Promise<void>
  /** Responds to requests for the page's files. Returns false for any other path. */
  answerAsset(path: string, request: IncomingMessage, response: ServerResponse): Promise<boolean>
}

/** Allows the page only this service's files, and no other page to frame or read it. Monaco adds styles at run time. */
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

/** Serves GraphiQL without files from other hosts. It is loaded on the first request. */
export function createGraphiql(options: GraphiqlOptions): Graphiql {
  let loading: Promise<GraphiqlAssets> | null = null
  const assets = () => {
    loading ??= loadGraphiqlAssets()
    return loading
  }
  return {
    answerPage: async (_request, response) => {
      response.writeHead(200, PAGE_HEADERS).end(renderPage(await assets(), options))
    },
    answerAsset: async (path, request, response) => {
      if (!path.startsWith('/graphql/graphiql-')) return false
      const found = Object.values(await assets()).find((asset) => asset.path === path)
      if (found) await options.sendStaticFile(found, request, response)
      return found !== undefined
    },
  }
}

const MARK =
  '<svg xmlns="http://www.w3.org/2000/svg" width="28" height="28" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#4f46e5"/><path d="M9 8v16h8.5a4.6 4.6 0 0 0 1.9-8.8A4.2 4.2 0 0 0 16 8Z" fill="none" stroke="#fff" stroke-width="3" stroke-linejoin="round"/><path d="M9 15.5h8" stroke="#fff" stroke-width="3"/></svg>'

const TITLE = 'Bigmind Webhooks'

function renderPage(
  { script, style }: GraphiqlAssets,
  { basePath = '', exampleUrl = 'https://example.com/webhooks' }: GraphiqlOptions,
): string {
  const headers = JSON.stringify({ authorization: 'Bearer bmk_… (put an API key here)' }, null, 2)
  const options = {
    signIn: `${basePath}/sign-in`,
    graphiql: {
      title: TITLE,
      logo: MARK,
      endpoint: `${basePath}/graphql`,
      // Only this protocol sends the headers of the Headers pane with subscriptions.
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
