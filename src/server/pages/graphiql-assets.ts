import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { StaticFile } from './static-file.ts'

interface Asset extends StaticFile {
  path: string
}

export interface GraphiqlAssets {
  script: Asset
  style: Asset
}

const START = `
const options = JSON.parse(document.getElementById('options').textContent)

const useKey = (key) => {
  const headers = JSON.stringify({ authorization: 'Bearer ' + key }, null, 2)
  options.graphiql.defaultTabs.forEach((tab) => { tab.headers = headers })
  options.graphiql.defaultHeaders = headers
  return headers
}

// GraphiQL stores tabs and headers in this browser. If the service has a new local key (because its data folder
// is new), the old key is replaced in them, and everything else stays as it is.
const KEY = 'bigmind:local-key'
const storeLocalKey = (key) => {
  const before = localStorage.getItem(KEY)
  if (before && before !== key) {
    for (const name of Object.keys(localStorage)) {
      localStorage.setItem(name, localStorage.getItem(name).replaceAll(before, key))
    }
  }
  localStorage.setItem(KEY, key)
}

// Exchanges the code of a link that the service printed for the local key, and removes the code from the address.
const followSignInLink = async () => {
  const [, code] = /^#sign-in=([\\w-]+)$/.exec(location.hash) ?? []
  if (!code) return
  history.replaceState(null, '', location.pathname + location.search)
  const response = await fetch(options.signIn, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ code }),
  })
  const body = await response.json()
  if (response.ok) storeLocalKey(body.key)
  else alert(body.errors[0].message)
}

const start = () => {
  const localKey = localStorage.getItem(KEY)
  if (localKey) useKey(localKey)

  // The console stores its key for its tab, and a page that it opens gets a copy, which GraphiQL must not store longer.
  const signedIn = sessionStorage.getItem('bigmind:credential')
  if (signedIn) {
    const headers = useKey(signedIn)
    Object.assign(options.graphiql, { initialHeaders: headers, shouldPersistHeaders: false })
  }

  // On the first visit GraphiQL shows the default tabs, but without the variables of the active one.
  const firstOpen = !localStorage.getItem('graphiql:tabState') && !location.search
  const initial = firstOpen ? { initialVariables: options.graphiql.defaultTabs[0].variables } : {}

  YogaGraphiQL.renderYogaGraphiQL(document.getElementById('root'), { ...options.graphiql, ...initial })
}

followSignInLink().finally(start)
`

/** Without the first rule, a pressed tab moves by a leftover animation, and the click misses it. */
const OWN_STYLE = `
.graphiql-tab { transform: none !important }
.graphiql-logo { white-space: nowrap }
`

/**
 * Returns GraphiQL with its editors and workers. Its package contains one page of 9 MB, which is split into files: browsers
 * can cache them, and the page needs no inline script.
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

/** Returns the text between the first `start` and the last `end`. */
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
    gzip: await promisify(gzip)(content),
  }
}
