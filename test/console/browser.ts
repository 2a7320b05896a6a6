import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core'
import { expect } from 'vitest'
import { type Chromium, findChromium } from './chromium.ts'

const BUILT = fileURLToPath(new URL('../../dist/console/index.html', import.meta.url))

/** Milliseconds that an element may take to appear on a busy machine. */
const PATIENCE = 60_000

interface BrowserOptions {
  /** Which program to run. Default: the one that `findChromium` finds. */
  program?: Chromium
  /** Further arguments of the program. */
  args?: readonly string[]
}

/** Starts a browser for a test file. @throws if the console was not built */
export async function startBrowser({
  program,
  args = [],
}: BrowserOptions = {}): Promise<Browser & AsyncDisposable> {
  if (!existsSync(BUILT)) {
    throw new Error('The console is not built: run "npm run build:console" first.')
  }
  const { executablePath, env } = program ?? (await findChromium())
  const browser = await chromium.launch({
    executablePath,
    // It opens pages of this machine alone, also where it runs as root or with little shared memory.
    args: ['--no-sandbox', '--disable-dev-shm-usage', ...args],
    env: { ...process.env, ...env } as Record<string, string>,
  })
  return Object.assign(browser, { [Symbol.asyncDispose]: () => browser.close() })
}

/** The errors of a page. */
export interface Complaints {
  /** Errors of scripts, and errors and warnings in the console, including violations of the content security policy. */
  readonly errors: readonly string[]
  /** Requests that failed, or got a response with an error. */
  readonly requests: readonly string[]
}

/** One tab of a browser in a context of its own. */
export interface Tab extends AsyncDisposable {
  page: Page
  context: BrowserContext
  complaints: Complaints
  /** Fails if there was anything to complain of. */
  isFlawless(): void
  /** Removes the complaints of before. */
  forget(): void
}

/** Opens an empty tab. Nothing moves in it: frames of animations cost more than all else on a page. */
export async function openTab(browser: Browser, options: BrowserContextOptions = {}): Promise<Tab> {
  const context = await browser.newContext({
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
    reducedMotion: 'reduce',
    ...options,
  })
  context.setDefaultTimeout(PATIENCE)
  const page = await context.newPage()
  const complaints = listenFor(page)
  return {
    page,
    context,
    complaints,
    isFlawless: () => expect(complaints).toEqual({ errors: [], requests: [] }),
    forget: () => {
      for (const list of Object.values(complaints)) list.length = 0
    },
    [Symbol.asyncDispose]: () => context.close(),
  }
}

interface Address {
  url: string
  apiKey?: string
  path?: string
}

/** Opens a page of a service in a tab of its own, signed in by a key that was pasted in it before. */
export async function visit(
  browser: Browser,
  { url, apiKey, path = '/' }: Address,
  options: BrowserContextOptions = {},
): Promise<Tab> {
  const tab = await openTab(browser, options)
  if (apiKey) {
    await tab.context.addInitScript(
      (key) => sessionStorage.setItem('bigmind:credential', key),
      apiKey,
    )
  }
  await tab.page.goto(url + path)
  return tab
}

function listenFor(page: Page) {
  const errors: string[] = []
  const requests: string[] = []
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) errors.push(message.text())
  })
  page.on('pageerror', (error) => errors.push(String(error)))
  page.on('requestfailed', (request) => {
    // Requests that the page aborts when it is left are not failures.
    const reason = request.failure()?.errorText
    if (reason !== 'net::ERR_ABORTED') requests.push(`${reason} ${request.url()}`)
  })
  page.on('response', async (response) => {
    const { pathname } = new URL(response.url())
    if (!response.ok()) requests.push(`${response.status()} ${pathname}`)
    else if (pathname === '/graphql' && response.request().method() === 'POST') {
      const text = await response.text().catch(() => '')
      if (text.includes('"errors"')) requests.push(text)
    }
  })
  return { errors, requests }
}
