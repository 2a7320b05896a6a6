import { readdir, readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'

/** A file of the console, under a name that changes with its content, as built in three encodings. */
export interface ConsoleFile {
  type: string
  plain: Buffer
  br: Buffer
  gzip: Buffer
}

export interface ConsoleFiles {
  /** The page, as built: what changes with each answer is put into its head. */
  page: string
  /** By path, as in "/assets/index-B0x5hfug.css". */
  assets: ReadonlyMap<string, ConsoleFile>
}

const TYPES: Record<string, string> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/**
 * Reads the whole build, a few hundred kilobytes, so that no request names a file of this machine.
 * @param basePath the path that the page's links to its files begin with, as in "/webhooks"; the page's script reads it too
 * @returns null when there is no build
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
    names.map(async (name): Promise<[string, ConsoleFile]> => {
      const file = join(folder, 'assets', name)
      const [plain, br, gzip] = await Promise.all(
        ['', '.br', '.gz'].map((suffix) => readFile(file + suffix)),
      )
      return [
        `/assets/${name}`,
        { type: TYPES[extname(name)]!, plain: plain!, br: br!, gzip: gzip! },
      ]
    }),
  )
  // The build names its files relative to the page, whose own address has any depth.
  const page = built
    .replaceAll('="./assets/', `="${basePath}/assets/`)
    .replace('</head>', `${basePath && `<meta name="base-path" content="${basePath}">`}</head>`)
  return { page, assets: new Map(assets) }
}
