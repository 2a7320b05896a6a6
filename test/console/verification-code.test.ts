import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { NODE_CODE, PYTHON_CODE } from '../../src/console/destination/secret/verification-code.ts'
import { signatureHeaders } from '../../src/domain/signature.ts'
import { pythonIsPresent } from '../helpers/guide-samples/guide-receiver.ts'

const SECRET = 'wsec_theCurrentOneThatSignsEveryRequestSent'
const PREVIOUS = 'wsec_theOneThatWasRotatedOutAWhileAgoNow'
const BODY = JSON.stringify({ event: 'todo_created', data: { description: 'Grüße 👋' } })

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** Runs the code like a user who copied it. @returns the URL it listens on */
async function run(command: string, file: string, code: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'verification-'))
  const path = join(folder, file)
  await writeFile(path, code)
  const port = await freePort()
  const env = { ...process.env, PORT: String(port), WEBHOOK_SECRET: SECRET }
  const receiver = spawn(command, [path], { env, stdio: 'ignore' })
  onTestFinished(async () => {
    receiver.kill()
    await rm(folder, { recursive: true })
  })
  const url = `http://127.0.0.1:${port}/webhook`
  await vi.waitFor(() => fetch(url, { method: 'POST', body: 'nobody' }), {
    timeout: 10_000,
    interval: 100,
  })
  return url
}

async function statusOf(url: string, headers: Record<string, string>): Promise<number> {
  const { status } = await fetch(url, { method: 'POST', body: BODY, headers })
  return status
}

const secondsAgo = (seconds: number) => new Date(Date.now() - seconds * 1_000)

const signed = (secret: string, previousSecret: string | null = null, timestamp = new Date()) =>
  signatureHeaders({ body: BODY, eventId: 'evt_1', timestamp, secret, previousSecret })

describe.each([
  { language: 'Node.js', command: process.execPath, file: 'receiver.mjs', code: NODE_CODE },
  { language: 'Python', command: 'python3', file: 'receiver.py', code: PYTHON_CODE },
])('the code for $language', ({ command, file, code, language }) => {
  const able = language !== 'Python' || pythonIsPresent()

  test.runIf(able)('accepts requests signed with the secret and rejects others', async () => {
    const url = await run(command, file, code)
    expect(await statusOf(url, signed(SECRET))).toBe(200)
    expect(await statusOf(url, signed(PREVIOUS))).toBe(401)
    expect(await statusOf(url, {})).toBe(401)
    expect(await statusOf(url, { ...signed(SECRET), 'webhook-signature': 'ä' })).toBe(401)
  })

  test.runIf(able)('accepts the previous secret while it still signs', async () => {
    const url = await run(command, file, code)
    // The receiver still has the previous secret, whose signature is the second one.
    expect(await statusOf(url, signed(PREVIOUS, SECRET))).toBe(200)
    expect(await statusOf(url, signed(SECRET, PREVIOUS))).toBe(200)
    expect(await statusOf(url, signed(PREVIOUS))).toBe(401)
  })

  test.runIf(able)('rejects a recorded request under another id or time', async () => {
    const url = await run(command, file, code)
    const recorded = signed(SECRET)
    expect(await statusOf(url, { ...recorded, 'webhook-id': 'evt_2' })).toBe(401)
    const later = String(Number(recorded['webhook-timestamp']) + 60)
    expect(await statusOf(url, { ...recorded, 'webhook-timestamp': later })).toBe(401)
    expect(await statusOf(url, signed(SECRET, null, secondsAgo(360)))).toBe(401)
    expect(await statusOf(url, signed(SECRET, null, secondsAgo(-360)))).toBe(401)
    expect(await statusOf(url, signed(SECRET, null, secondsAgo(240)))).toBe(200)
  })
})
