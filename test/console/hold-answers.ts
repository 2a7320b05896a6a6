import type { Page } from 'playwright-core'

export interface HeldAnswer {
  /** Lets the API have the request. Resolves when it has answered: the page does not know yet. */
  reachApi(): Promise<void>
  /** Lets the page have the answer. */
  reachPage(): void
}

/** Keeps an operation from the API, and its answer from the page. */
export async function holdAnswer(page: Page, operation: string): Promise<HeldAnswer> {
  const sent = Promise.withResolvers<void>()
  const answered = Promise.withResolvers<void>()
  const released = Promise.withResolvers<void>()
  await page.route('**/graphql', async (route) => {
    if (!asksFor(operation, route.request().postData())) return route.fallback()
    await sent.promise
    const response = await route.fetch()
    answered.resolve()
    await released.promise
    await route.fulfill({ response })
  })
  return {
    reachApi() {
      sent.resolve()
      return answered.promise
    },
    reachPage: () => released.resolve(),
  }
}

/** Keeps an operation from the API, until it fails as a broken line does. @returns what breaks it, once */
export async function holdAndBreak(page: Page, operation: string): Promise<() => void> {
  const broken = Promise.withResolvers<void>()
  await page.route('**/graphql', async (route) => {
    if (!asksFor(operation, route.request().postData())) return route.fallback()
    await broken.promise
    await route.abort('connectionreset')
    await page.unroute('**/graphql')
  })
  return () => broken.resolve()
}

const asksFor = (operation: string, body: string | null) =>
  body?.includes(`"operationName":"${operation}"`)

/** Notes each text that an element shows from now on. @returns what reads them so far, none twice in a row */
export async function noteTexts(page: Page, selector: string): Promise<() => Promise<string[]>> {
  const notes = await page.evaluateHandle((wanted) => {
    const texts: string[] = []
    const look = () => {
      const text = document.querySelector(wanted)?.textContent ?? 'nothing'
      if (texts.at(-1) !== text) texts.push(text)
    }
    look()
    new MutationObserver(look).observe(document.body, {
      subtree: true,
      childList: true,
      characterData: true,
    })
    return texts
  }, selector)
  return () => notes.jsonValue()
}
