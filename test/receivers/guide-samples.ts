import crypto from 'node:crypto'
import { readFileSync } from 'node:fs'

const guide = readFileSync(new URL('../fixtures/setup-guide.txt', import.meta.url), 'utf8')

/** The lines of the setup guide between two lines. */
function between(first: string, last: string): string {
  const start = guide.indexOf(`\n${first}\n`) + first.length + 2
  return guide.slice(start, guide.indexOf(`\n${last}\n`, start))
}

/** The guide's samples as they are printed. The guide has lost the indentation of its Python sample. */
export const nodeSample = between('Node.js', 'Python')
export const pythonSample = between('Python', 'Retry logic and failure handling')

/**
 * Runs the guide's Node sample, unchanged, with a receiver's `app` and its secret in the environment.
 * The sample calls `app.post`.
 */
export function runNodeSample(app: object, secret: string): void {
  const run = new Function('require', 'app', 'process', 'console', nodeSample)
  run(() => crypto, app, { env: { WEBHOOK_SECRET: secret } }, { log() {} })
}

type Verify = (payload: string | Buffer, signature: string, secret: string) => boolean

/** The function of the guide's Node sample. */
export const verifyWebhook: Verify = (() => {
  const [verify] = nodeSample.split('// In your webhook handler')
  return new Function('require', `${verify}; return verifyWebhook`)(() => crypto) as Verify
})()
