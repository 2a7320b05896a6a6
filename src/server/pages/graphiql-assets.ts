import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'

/** A file of the page, under a name that changes with its content. */
export interface Asset {
  path: string
  type: string
  gzipped: Buffer
}

export interface GraphiqlAssets {
  script: Asset
  style: Asset
}

const START = `
const options = JSON.parse(document.getElementById('options').textContent)

// GraphiQL keeps tabs and headers in this browser. When the service made a new local key since (a new data
// folder), the old one in what it kept would fail everywhere; what was typed besides stays as it is.
const KEY = 'bigmind:local-key'
const before = localStorage.getItem(KEY)
if (options.localKey) {
  if (before && before !== options.localKey) {
    for (const name of Object.keys(localStorage)) {
      localStorage.setItem(name, localStorage.getItem(name).replaceAll(before, options.localKey))
    }
  }
  localStorage.setItem(KEY, options.localKey)
}

// The console signs in for its tab, and a page that it opened has a copy of that. It is not kept here for longer.
const signedIn = sessionStorage.getItem('bigmind:credential')
if (signedIn && signedIn !== 'signed-out') {
  const headers = JSON.stringify({ authorization: 'Bearer ' + signedIn }, null, 2)
  options.graphiql.defaultTabs.forEach((tab) => { tab.headers = headers })
  Object.assign(options.graphiql, { defaultHeaders: headers, initialHeaders: headers, shouldPersistHeaders: false })
}

// On the first open GraphiQL shows the default tabs, but leaves the variables of the one in front empty.
const firstOpen = !localStorage.getItem('graphiql:tabState') && !location.search
const initial = firstOpen ? { initialVariables: options.graphiql.defaultTabs[0].variables } : {}

YogaGraphiQL.renderYogaGraphiQL(document.getElementById('root'), { ...options.graphiql, ...initial })
`

/** Without the first, a pressed tab jumps to where an animation left it, and the click misses it. */
const OWN_STYLE = `
.graphiql-tab { transform: none !important }
.graphiql-logo { white-space: nowrap }
`

/**
 * GraphiQL with its editors and workers, from the package that carries all of it. It comes as one page of
 * 9 MB; taken apart, a browser can keep its files, and the page itself needs no inline script.
 */
export async function loadGraphiqlAssets(): Promise<GraphiqlAssets> {
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql')
  const page = renderGraphiQL({})
  const style = between(page, '<style>', '</style>')
  const script = between(page, '<script>', 'YogaGraphiQL.renderYogaGraphiQL(')
  return {
    script: await asset('js', 'text/javascript; charset=utf-8', script + START),
    style: await asset('css', 'text/css; charset=utf-8', style + OWN_STYLE),
  }
}

/** From the first `start` to the last `end`. */
function between(text: string, start: string, end: string): string {
  const from = text.indexOf(start)
  const to = text.lastIndexOf(end)
  if (from < 0 || to < from)
    throw new Error(`The page of GraphiQL has changed: no ${start} … ${end}`)
  return text.slice(from + start.length, to)
}

async function asset(extension: string, type: string, content: string): Promise<Asset> {
  const hash = createHash('sha256').update(content).digest('base64url').slice(0, 16)
  return {
    path: `/graphql/graphiql-${hash}.${extension}`,
    type,
    gzipped: await promisify(gzip)(content),
  }
}
