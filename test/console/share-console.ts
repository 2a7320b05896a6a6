import type { Browser, BrowserContextOptions } from 'playwright-core'
import { afterAll, beforeAll } from 'vitest'
import { createWorld, type ProcessOptions, type World } from '../helpers/world.ts'
import { startBrowser, type Tab, visit } from './browser.ts'

/** A browser and a deployment that the tests of a file share. */
export interface SharedConsole {
  readonly browser: Browser
  readonly world: World
  /** Opens a page of the console in a tab of its own, signed in with the key of the world. */
  open(path?: string, options?: BrowserContextOptions): Promise<Tab>
}

/** Starts a browser and a deployment before the tests of a file, and closes them afterwards. */
export function shareConsole(
  options: ProcessOptions | (() => Promise<ProcessOptions>) = {},
): SharedConsole {
  let browser: Browser
  let world: World
  beforeAll(async () => {
    browser = await startBrowser()
    world = await createWorld(typeof options === 'function' ? await options() : options)
  })
  afterAll(async () => {
    await browser.close()
    await world[Symbol.asyncDispose]()
  })
  return {
    get browser() {
      return browser
    },
    get world() {
      return world
    },
    open: (path = '/', contextOptions = {}) => visit(browser, { ...world, path }, contextOptions),
  }
}
