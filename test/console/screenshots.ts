import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser } from 'playwright-core'
import { createLogger } from '../../src/adapters/logger.ts'
import { createGraphqlClient } from '../../src/cli/graphql-client.ts'
import { loadConfig } from '../../src/config.ts'
import { startService } from '../../src/service.ts'
import { version } from '../../src/version.ts'
import { startReceiver } from '../helpers/receiver.ts'
import { startBrowser, visit } from './browser.ts'
import { buildScenery } from './scenery.ts'
import { type View, viewsOf } from './views.ts'

/** What is kept in version control for the README; all else goes to a folder that is not. */
const KEPT = fileURLToPath(new URL('../../docs/screenshots/', import.meta.url))
const ALL = fileURLToPath(new URL('../../screenshots/', import.meta.url))
const SHOWN = ['webhooks-1280-light', 'deliveries-1280-light', 'attempt-1280-dark']

const SIZES = [
  { width: 360, height: 740 },
  { width: 1280, height: 800 },
]

async function main(): Promise<void> {
  const wanted = process.argv.slice(2)
  await Promise.all([KEPT, ALL].map((folder) => mkdir(folder, { recursive: true })))
  const dataDir = await mkdtemp(join(tmpdir(), 'bigmind-screenshots-'))
  const config = loadConfig({
    DATA_DIR: dataDir,
    PORT: '0',
    DELIVERY_ALLOW_HTTP: 'true',
    DELIVERY_ALLOW_NETWORKS: '127.0.0.0/8',
  })
  const service = await startService(config, { log: createLogger('warn'), version })
  try {
    await using good = await startReceiver()
    await using bad = await startReceiver()
    await using browser = await startBrowser()
    const api = { url: service.url!, apiKey: service.apiKey! }
    const client = createGraphqlClient(api)
    const scenery = await buildScenery({ app: service.app, client }, { good, bad })
    const views = viewsOf(scenery).filter(
      ({ name }) => wanted.length === 0 || wanted.includes(name),
    )
    for (const view of views) await take(browser, api, view)
    await client.close()
  } finally {
    await service.close()
    await rm(dataDir, { recursive: true, force: true })
  }
}

async function take(
  browser: Browser,
  { url, apiKey }: { url: string; apiKey: string },
  { name, path, dialog, arrive, signedOut }: View,
): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const viewport of SIZES) {
      const as = { url, path, apiKey: signedOut ? 'signed-out' : apiKey }
      await using opened = await visit(browser, as, {
        colorScheme,
        viewport,
        hasTouch: viewport.width < 500,
        reducedMotion: 'reduce',
      })
      const { page } = opened
      await arrive(page)
      // What is drawn on a canvas, and the last bit of what slides in.
      await page.waitForTimeout(400)
      const shot = `${name}-${viewport.width}-${colorScheme}`
      const folder = SHOWN.includes(shot) ? KEPT : ALL
      await page.screenshot({
        path: join(folder, `${shot}.png`),
        fullPage: viewport.width < 500 && !dialog,
      })
      console.log(shot, ...opened.complaints.errors, ...opened.complaints.requests)
    }
  }
}

await main()
