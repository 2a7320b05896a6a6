import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

interface Finding {
  id: string
  help: string
  nodes: { html: string; failureSummary: string }[]
}

interface Axe {
  run(context: Document, options: object): Promise<{ violations: Finding[] }>
}

/** Without the selectors of every element that a rule passes, which no test reads. */
const VIOLATIONS_ONLY = { resultTypes: ['violations'], selectors: false }

/** Returns what axe-core finds on a page in its present state, one line each. */
export async function axeFindings(page: Page): Promise<string[]> {
  const isThere = await page.evaluate(() => 'axe' in globalThis)
  if (!isThere) await page.evaluate(source)
  // Waits for pending paints and animations: an element that fades in has too little contrast.
  await page.evaluate(
    () => new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted))),
  )
  await page.evaluate(() =>
    Promise.all(
      document
        .getAnimations()
        .filter((one) => one.effect?.getComputedTiming().endTime !== Number.POSITIVE_INFINITY)
        .map((one) => one.finished.catch(() => {})),
    ),
  )
  const findings = await page.evaluate(async (options) => {
    const { axe } = globalThis as unknown as { axe: Axe }
    return (await axe.run(document, options)).violations
  }, VIOLATIONS_ONLY)
  return findings.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${help}\n${html}\n${failureSummary}`),
  )
}
