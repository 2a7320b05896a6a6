import type { Page } from 'playwright-core'

export interface HeldAnswer {
  /** Sends the request to the API. Resolves when the API has responded, before the page gets the response. */
  reachApi(): Promise<void>
  /** Passes the response to the page. */
  reachPage(): void
}

/** Holds the request of an operation, and then its response. */
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

/** Holds the request of an operation until it fails like a broken connection. @returns makes the request fail */
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

/** Records each text that an element shows. @returns reads the texts recorded so far, without repetitions */
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
