import { readdir, readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import type { StaticFile } from './static-file.ts'

export interface ConsoleFiles {
  /** The page as it was built. Each response adds elements to its head. */
  page: string
  /** The files by path, as in "/assets/index-B0x5hfug.css". */
  assets: ReadonlyMap<string, StaticFile>
}

const TYPES: Record<string, string> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/**
 * Reads the whole build into memory, a few hundred kilobytes, so that no request reads a path of the file system. Returns
 * null if the console was not built.
 * @param basePath the prefix of the page's links to its files, as in "/webhooks"; the page's script reads it too
 */
export async function readConsoleFiles(
  folder: string,
  basePath: string,
): Promise<ConsoleFiles | null> {
  const built = await readFile(join(folder, 'index.html'), 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  })
  if (built === null) return null
  const names = (await readdir(join(folder, 'assets'))).filter((name) => extname(name) in TYPES)
  const assets = await Promise.all(
    names.map(async (name): Promise<[string, StaticFile]> => {
      const file = join(folder, 'assets', name)
      const [br, gzip] = await Promise.all([readFile(`${file}.br`), readFile(`${file}.gz`)])
      return [`/assets/${name}`, { type: TYPES[extname(name)]!, br, gzip }]
    }),
  )
  // The build refers to its files relative to the page, which has URLs of any depth.
  const page = built
    .replaceAll('="./assets/', `="${basePath}/assets/`)
    .replace('</head>', `${basePath && `<meta name="base-path" content="${basePath}">`}</head>`)
  return { page, assets: new Map(assets) }
}
