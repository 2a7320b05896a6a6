import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, inject, test } from 'vitest'
import { pythonSample } from './guide-samples.ts'
import type { StartReceiver } from './receiver.ts'
import { testReceivers } from './test-receivers.ts'

const { python, go, npm } = inject('outside')
const fileOf = (name: string) => fileURLToPath(new URL(name, import.meta.url))

/** A receiver that is a program of its own: it has the secret in its environment and prints its port. */
const program =
  (command: string, ...args: string[]): StartReceiver =>
  async ({ secret }) => {
    const child = spawn(command, args, {
      env: { ...process.env, WEBHOOK_SECRET: secret },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [port] = await once(createInterface(child.stdout), 'line')
    return {
      url: `http://127.0.0.1:${port}/webhook`,
      async close() {
        const exited = once(child, 'exit')
        child.kill('SIGKILL')
        await exited
      },
    }
  }

const receivers: Record<string, StartReceiver> = {
  ...(python?.path && {
    "Flask with the guide's sample": program(python.path, fileOf('flask_sample.py')),
    FastAPI: program(python.path, fileOf('python_receivers.py'), 'fastapi'),
    Django: program(python.path, fileOf('python_receivers.py'), 'django'),
    'the Python library of Standard Webhooks': program(
      python.path,
      fileOf('python_receivers.py'),
      'standard_webhooks',
    ),
  }),
  ...(go?.path && { 'the Go library of Standard Webhooks': program(`${go.path}/receiver`) }),
  ...(npm?.path && {
    'Nest with its raw body': program(process.execPath, fileOf('nest-receiver.cjs'), npm.path),
  }),
}

if (Object.keys(receivers).length > 0) {
  testReceivers(receivers, { acceptsOldSecret: /Standard Webhooks/ })
}

test("the Flask sample is the guide's, line by line", () => {
  const withoutIndentation = (text: string) =>
    text
      .split('\n')
      .map((line) => line.trim())
      .join('\n')
  const sample = readFileSync(fileOf('flask_sample.py'), 'utf8')
  expect(withoutIndentation(sample)).toContain(withoutIndentation(pythonSample).trim())
})
