import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { build } from 'vite'
import { listen } from '../helpers/open-sockets.ts'

const MOUNT = fileURLToPath(new URL('../../src/console/mount.tsx', import.meta.url))

/** A page of another product on another origin, which can mount the console. */
export interface HostPage extends AsyncDisposable {
  url: string
  /** The path of the console in the page. The scripts `acme.show()` and `acme.leave()` mount and unmount it. */
  basePath: string
  /** Sets the API. It starts after the page, because it needs the origin of the page. */
  use(apiUrl: string): void
}

const BASE_PATH = '/settings/webhooks'

export async function startHostPage(): Promise<HostPage> {
  const folder = await buildModule()
  let api = ''
  const server = createServer(async ({ url = '' }, response) => {
    const [, file] = /^\/(console[\w.-]*\.(?:js|css))$/.exec(url) ?? []
    if (file) await sendFile(join(folder, file), response)
    else sendPage(api, response)
  })
  const port = await listen(server, '127.0.0.1')
  return {
    url: `http://127.0.0.1:${port}`,
    basePath: BASE_PATH,
    use(apiUrl) {
      api = apiUrl
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await rm(folder, { recursive: true })
    },
  }
}

/** Builds the console as the bundler of a host page would. @returns the folder with the result */
async function buildModule(): Promise<string> {
  const outDir = await mkdtemp(join(tmpdir(), 'bigmind-host-page-'))
  const before = process.env.NODE_ENV
  // Selects the production files of libraries instead of those for tests.
  process.env.NODE_ENV = 'production'
  try {
    await build({
      configFile: false,
      logLevel: 'warn',
      plugins: [react()],
      define: { 'process.env.NODE_ENV': '"production"' },
      build: {
        outDir,
        emptyOutDir: true,
        lib: { entry: MOUNT, formats: ['es'], fileName: 'console', cssFileName: 'console' },
        rolldownOptions: { output: { chunkFileNames: 'console-[hash].js' } },
      },
    })
  } finally {
    process.env.NODE_ENV = before
  }
  return outDir
}

async function sendFile(path: string, response: ServerResponse): Promise<void> {
  const type = path.endsWith('.css') ? 'text/css' : 'text/javascript'
  response.writeHead(200, { 'content-type': type }).end(await readFile(path))
}

function sendPage(api: string, response: ServerResponse): void {
  const nonce = randomBytes(16).toString('base64')
  response
    .writeHead(200, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': [
        "default-src 'none'",
        `script-src 'self' 'nonce-${nonce}'`,
        `style-src 'self' 'nonce-${nonce}'`,
        'img-src data:',
        `connect-src ${api} ${api.replace('http', 'ws')}`,
      ].join('; '),
    })
    .end(pageFor(api, nonce))
}

/** The page has styles before and after those of the console, because their order must not matter. */
const pageFor = (api: string, nonce: string) => `<!doctype html>
<html lang="en">
  <head>
    <title>Acme</title>
    <link rel="icon" href="data:,">
    <style nonce="${nonce}">${TASTE}</style>
    <link rel="stylesheet" href="/console.css" disabled>
    <style nonce="${nonce}">${TASTE}</style>
    <script type="module" nonce="${nonce}">
      import { mountConsole } from '/console.js'
      let webhooks
      globalThis.acme = {
        async show() {
          const link = document.querySelector('link[disabled]')
          if (link) await new Promise((loaded) => Object.assign(link, { onload: loaded, disabled: false }))
          webhooks = mountConsole(document.getElementById('webhooks'), {
            url: '${api}/graphql',
            basePath: '${BASE_PATH}',
            nonce: '${nonce}',
            credential: () => globalThis.freshToken(),
          })
        },
        leave: () => webhooks.unmount(),
      }
    </script>
  </head>
  <body>
    <div id="product">
      <h1>Acme</h1>
      <p>Our own <a href="/">link</a>, <code>code</code> and <button>button</button></p>
      <ul><li><label>Name <input value="Ada"></label></li></ul>
      <fieldset><legend>Plan</legend><select><option>Free</option></select><textarea>…</textarea></fieldset>
      <table><thead><tr><th>Head</th></tr></thead><tbody><tr><td>Cell</td></tr></tbody></table>
    </div>
    <div id="webhooks"></div>
  </body>
</html>`

/** Rules for elements, rules that outweigh any class, and rules in a layer of the page. */
const TASTE = `
  @layer base { #webhooks *, #webhooks ::before, [role=dialog] * { margin: 4px; padding: 6px; border: 1px solid red; font-weight: 900; } }
  #webhooks h1, #webhooks td, #webhooks th, body [role=dialog] * { padding: 31px; color: red; text-align: center; }
  #webhooks table :where(*), #webhooks main a.link { display: inline; font-weight: 100; }
  ::placeholder { color: red; letter-spacing: 5px; }
  * { box-sizing: content-box; letter-spacing: 1px; }
  body { margin: 7px; font: italic 21px/2 serif; color: maroon; background: ivory; text-align: right; text-transform: uppercase; }
  #webhooks { margin: 0 -7px; }
  body h1, h2, h3, p, ul, dl, dd, pre { margin: 1em 2em; color: teal; font-weight: 300; }
  ul li { list-style: square; padding: 5px; }
  p a, a { color: green; text-decoration: line-through; }
  button, input, select, textarea { margin: 3px; padding: 11px; font: bold 17px monospace; background: pink; border: 3px dotted red; border-radius: 20px; }
  tr td, th { padding: 20px; border: 1px solid black; background: wheat; vertical-align: bottom; }
  label, fieldset, section, header, main, nav { display: block; background: lavender; border: 2px solid navy; }
  :focus { outline: 5px solid orange; }
`
