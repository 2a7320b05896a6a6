import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { processesOver, runProgram, startProgram } from '../../helpers/service-process.ts'

const DEMO = fileURLToPath(new URL('../../../src/cli/demo.ts', import.meta.url))

/** A folder for temporary files that every user may enter, as /tmp is. */
async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bigmind-demo-test-'))
  await chmod(folder, 0o755)
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

test('a demo whose output is closed removes its PostgreSQL and its folder', async () => {
  const folder = await temporaryFolder()
  const shell = spawn('/bin/sh', ['-c', '"$1" "$2" | head -1', 'sh', process.execPath, DEMO], {
    env: { ...process.env, TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  // The shell ends when both of them have.
  const [[code], stdout, stderr] = await Promise.all([
    once(shell, 'exit'),
    text(shell.stdout),
    text(shell.stderr),
  ])

  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout.split('\n')).toEqual([expect.stringContaining(folder), ''])
  expect(await processesOver(folder)).toEqual([])
  expect(await readdir(folder)).toEqual([])
})

/** Waits until a folder has an entry whose path ends with a text. */
async function entryAppears(folder: string, ending: string): Promise<void> {
  await expect
    .poll(() => readdir(folder, { recursive: true }).catch(() => []), { interval: 5 })
    .toContainEqual(expect.stringMatching(ending))
}

test.each([
  ['its folder was created', 'demo-[^/]+$'],
  ['PostgreSQL creates its data', 'postgres-new-[^/]+$'],
  ['PostgreSQL starts', '/postgres/postmaster.pid$'],
])('Ctrl-C when %s removes everything that the demo created', async (_, ending) => {
  const folder = await temporaryFolder()
  const demo = startProgram(['cli/demo.ts'], { TMPDIR: folder })
  await entryAppears(folder, ending)
  demo.signalAll('SIGINT')
  const { code, stderr } = await demo.ended

  expect({ code, stderr }).toEqual({ code: 1, stderr: '' })
  expect(await processesOver(folder)).toEqual([])
  expect(await readdir(folder)).toEqual([])
})

test('the demo prints its usage with --help and starts nothing', async () => {
  const { code, stdout, stderr } = await runProgram(['cli/demo.ts', '--help'], {})
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toContain('Usage: npm run demo [-- --keep]')
})

test('the demo refuses an unknown option and starts nothing', async () => {
  const { code, stdout, stderr } = await runProgram(['cli/demo.ts', '--kep'], {})
  expect({ code, stdout, stderr }).toEqual({
    code: 1,
    stdout: '',
    stderr: 'There is no option "--kep".\nSee: npm run demo -- --help\n',
  })
})
