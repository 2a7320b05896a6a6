import type { Locator, Page } from 'playwright-core'

/** How somebody gets at what a page offers: by mouse or by keyboard. */
export interface Hand {
  press(control: Locator): Promise<void>
  write(field: Locator, text: string): Promise<void>
  check(box: Locator): Promise<void>
}

export const mouse: Hand = {
  press: (control) => control.click(),
  write: (field, text) => field.fill(text),
  check: (box) => box.check(),
}

/** Tabs at most so often before something counts as out of reach. */
const REACH = 200

/** Nothing but Tab, Enter, Space and letters: what cannot be reached by them is not used. */
export function keyboard(page: Page): Hand {
  async function go(to: Locator): Promise<void> {
    await to.waitFor()
    for (let tabs = 0; tabs < REACH; tabs += 1) {
      if (await to.evaluate((element) => element === document.activeElement)) return
      await page.keyboard.press('Tab')
    }
    throw new Error(`The keyboard does not get to ${to}.`)
  }
  return {
    async press(control) {
      await go(control)
      await page.keyboard.press('Enter')
    },
    async write(field, text) {
      await go(field)
      await page.keyboard.press('ControlOrMeta+A')
      await page.keyboard.type(text)
    },
    async check(box) {
      await go(box)
      await page.keyboard.press('Space')
    },
  }
}
