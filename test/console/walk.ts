import type { Locator, Page } from 'playwright-core'

/** A way to operate a page: by mouse or by keyboard. */
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

/** The number of presses of Tab after which an element counts as unreachable. */
const REACH = 200

/** Uses only Tab, Enter, Space and letters. */
export function keyboard(page: Page): Hand {
  async function go(to: Locator): Promise<void> {
    await to.waitFor()
    for (let tabs = await to.evaluate(stopsBefore); tabs > 0; tabs -= 1) {
      await page.keyboard.press('Tab')
    }
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

/** Returns how many presses of Tab certainly end before an element, so that the focus need not be checked after each. */
function stopsBefore(element: Element): number {
  const all = [...document.querySelectorAll('a[href], button, input, select, summary, textarea')]
  const stops = all.filter((stop) => (stop as HTMLElement).tabIndex >= 0 && stop.checkVisibility())
  const start = stops.indexOf(document.activeElement as Element)
  const skipped = stops.filter((stop) => stop.matches('[type=radio], dialog *, [role=dialog] *'))
  return start < 0 || skipped.length > 0 ? 0 : Math.max(0, stops.indexOf(element) - start - 1)
}
