import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, existsSync, openSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, inject, onTestFinished, test } from 'vitest'
import { createDatabase } from '../../helpers/database.ts'
import { program, testWhere } from '../../helpers/machine.ts'
import { fetchMetrics, METRICS_TOKEN } from '../../helpers/metrics.ts'
import { listen } from '../../helpers/open-sockets.ts'
import { processesOver, temporaryDataDir } from '../../helpers/service-process.ts'

const MAIN = join(inject('programs'), 'main.js')

/** Requests whose log lines at the level debug are more than a pipe holds. */
const REQUESTS = 400

async function freePort(): Promise<number> {
  const server = createServer()
  const port = await listen(server, '127.0.0.1')
  server.close()
  await once(server, 'close')
  return port
}

async function environment(more: Record<string, string> = {}) {
  const port = await freePort()
  const { PATH = '', HOME = '' } = process.env
  const env = { PATH, HOME, PORT: String(port), LOG_LEVEL: 'debug', METRICS_TOKEN, ...more }
  return { env, url: `http://127.0.0.1:${port}` }
}

async function overDatabase() {
  const { url } = await createDatabase()
  return { DATABASE_URL: url, ENCRYPTION_KEYS: `test:${randomBytes(32).toString('base64')}` }
}

function killWhenFinished(child: ChildProcess): ChildProcess {
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

const isReady = (url: string) =>
  fetch(`${url}/health/ready`).then(
    ({ ok }) => ok,
    () => false,
  )

async function lostLines(url: string): Promise<number> {
  const text = await fetchMetrics(url).then((response) => response.text())
  return Number(/^bigmind_webhooks_log_lines_lost_total (\d+)$/m.exec(text)?.[1])
}

/** Each request is logged at the level debug. */
async function sendRequests(url: string): Promise<void> {
  const body = JSON.stringify({ query: `query ${'Long'.repeat(50)} { __typename }` })
  const headers = { 'content-type': 'application/json' }
  for (let sent = 0; sent < REQUESTS; sent += 1) {
    await fetch(`${url}/graphql`, { method: 'POST', headers, body }).then((one) => one.text())
  }
}

const outputs: [
  what: string,
  losesLines: boolean,
  start: (env: NodeJS.ProcessEnv) => ChildProcess,
][] = [
  [
    'a file on a full disk',
    true,
    (env) => {
      const full = openSync('/dev/full', 'w')
      const child = spawn(process.execPath, [MAIN], { env, stdio: ['ignore', full, full] })
      closeSync(full)
      return child
    },
  ],
  [
    'a pipe whose reader has ended',
    true,
    (env) => {
      const child = spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'pipe', 'pipe'] })
      child.stdout?.destroy()
      child.stderr?.destroy()
      return child
    },
  ],
  [
    'a pipe that nobody reads',
    false,
    (env) => spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'pipe', 'pipe'] }),
  ],
]

test.skipIf(!existsSync('/dev/full')).each(outputs)(
  'a service whose standard output is %s serves, counts lost log lines, and closes',
  async (_what, losesLines, start) => {
    const { env, url } = await environment(await overDatabase())
    const child = killWhenFinished(start(env))
    await expect.poll(() => isReady(url), { timeout: 30_000 }).toBe(true)
    await sendRequests(url)
    expect(await isReady(url)).toBe(true)
    if (losesLines) expect(await lostLines(url)).toBeGreaterThan(REQUESTS)
    else expect(await lostLines(url)).toBe(0)
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    expect(await ended).toEqual([0, null])
  },
  60_000,
)

testWhere(program('script'))(
  'a service whose terminal closes ends in good order and stops its PostgreSQL',
  async () => {
    const dataDir = await temporaryDataDir()
    const { env, url } = await environment({ DATA_DIR: dataDir })
    const terminal = killWhenFinished(
      spawn('script', ['-qfec', `exec ${process.execPath} ${MAIN}`, '/dev/null'], {
        env: { ...env, SHELL: '/bin/sh' },
        stdio: ['pipe', 'ignore', 'ignore'],
      }),
    )
    await expect.poll(() => isReady(url), { timeout: 30_000 }).toBe(true)
    expect(await processesOver(dataDir)).not.toEqual([])
    // The kernel then sends SIGHUP, and writing to the terminal fails with EIO.
    terminal.kill('SIGKILL')
    await expect.poll(() => processesOver(dataDir), { timeout: 30_000 }).toEqual([])
    expect(await isReady(url)).toBe(false)
  },
  60_000,
)

test('a second SIGHUP does not interrupt closing', async () => {
  const { env, url } = await environment(await overDatabase())
  const child = killWhenFinished(spawn(process.execPath, [MAIN], { env, stdio: 'ignore' }))
  await expect.poll(() => isReady(url), { timeout: 30_000 }).toBe(true)
  const ended = once(child, 'exit')
  child.kill('SIGHUP')
  child.kill('SIGHUP')
  expect(await ended).toEqual([0, null])
})
