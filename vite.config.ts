import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'
import { printLinks } from './src/process/links.ts'
import { createSignIn } from './src/server/pages/sign-in.ts'

const OUT = 'dist/console'
const API = `http://127.0.0.1:${process.env.PORT || '4000'}`

/** The console: `vite` serves it with hot reload, `vite build` builds the files that the API serves. */
export default defineConfig({
  root: 'src/console',
  // Relative paths, because the service may be served below any path.
  base: './',
  plugins: [react(), precompress(), signInLink()],
  build: {
    outDir: `../../${OUT}`,
    emptyOutDir: true,
    // The policy of the page does not allow data: URLs.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: { '/graphql': { target: API, ws: true }, '/health': { target: API } },
  },
})

/** Also writes each built file compressed, so that the API does not compress it for each request. */
function precompress(): Plugin {
  const smallest = { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } }
  return {
    name: 'precompress',
    apply: 'build',
    async closeBundle() {
      const folder = join(OUT, 'assets')
      const names = await readdir(folder)
      await Promise.all(
        names.map(async (name) => {
          const file = join(folder, name)
          const content = await readFile(file)
          await Promise.all([
            promisify(brotliCompress)(content, smallest).then((br) => writeFile(`${file}.br`, br)),
            promisify(gzip)(content, { level: 9 }).then((gz) => writeFile(`${file}.gz`, gz)),
          ])
        }),
      )
    },
  }
}

/** During development, prints a link that signs in, as the API does for its own page. */
function signInLink(): Plugin {
  const { DATABASE_URL, DATA_DIR } = process.env
  const readKey = async () => (await readFile(join(DATA_DIR || '.data', 'api-key'), 'utf8')).trim()
  return {
    name: 'sign-in-link',
    apply: 'serve',
    configureServer(server) {
      if (DATABASE_URL) return
      const signIn = createSignIn(readKey)
      server.middlewares.use((request, response, next) => {
        signIn
          .answer(request.url ?? '', request, response)
          .then((answered) => answered || next(), next)
      })
      const { printUrls } = server
      server.printUrls = () => {
        printUrls()
        const root = server.resolvedUrls?.local[0]
        if (root) printLinks({ root: root.replace(/\/$/, ''), signIn }, (line) => console.log(line))
      }
    },
  }
}
