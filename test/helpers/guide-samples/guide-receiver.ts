import { spawn, spawnSync } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { verifyWebhook } from '../../../src/cli/demo/verify-webhook.cjs'

export interface SignedRequest {
  body: string
  signature: string
  secret: string
}

const pythonSample = fileURLToPath(new URL('verify_webhook.py', import.meta.url))

/** Verifies the signature as the Node.js sample of the guide does: of the body after it was parsed and serialized again. */
export function nodeSampleVerifies({ body, signature, secret }: SignedRequest): boolean {
  return verifyWebhook(JSON.stringify(JSON.parse(body)), signature, secret)
}

/** Whether this machine has a Python 3 to run the guide's other sample. */
export function pythonIsPresent(): boolean {
  return spawnSync('python3', ['--version']).status === 0
}

/** What the guide's Flask handler says to each request, in order; one Python process for all. */
export async function pythonSampleVerifies(requests: SignedRequest[]): Promise<boolean[]> {
  const python = spawn('python3', [pythonSample], { stdio: ['pipe', 'pipe', 'inherit'] })
  const answers = text(python.stdout)
  for (const { body, signature, secret } of requests) {
    python.stdin.write(`${Buffer.from(body, 'utf8').toString('base64')} ${signature} ${secret}\n`)
  }
  python.stdin.end()
  return (await answers)
    .trimEnd()
    .split('\n')
    .map((answer) => answer === 'True')
}
