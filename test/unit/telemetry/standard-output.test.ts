import { existsSync, openSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { expect, onTestFinished, test } from 'vitest'
import { fileOutput, streamOutput } from '../../../src/telemetry/standard-output.ts'

test('each line is written to a file synchronously', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bigmind-log-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const file = join(folder, 'log')
  const output = fileOutput(openSync(file, 'a'))
  output.write('one\n')
  output.write('two\n')
  expect(readFileSync(file, 'utf8')).toBe('one\ntwo\n')
  expect(output.lost()).toBe(0)
})

test.skipIf(!existsSync('/dev/full'))('lines that a full disk refuses are counted', () => {
  const output = fileOutput(openSync('/dev/full', 'w'))
  output.write('one\n')
  output.write('two\n')
  expect(output.lost()).toBe(2)
})

test('a stream without a reader buffers a limited number of bytes and drops further lines', () => {
  const unread = new Writable({ write() {} })
  const output = streamOutput(unread, 1_000)
  for (let line = 0; line < 100; line += 1) output.write(`${'x'.repeat(99)}\n`)
  expect(output.lost()).toBe(89)
  expect(unread.writableLength).toBe(1_100)
})

test('lines written to a failed stream are counted as lost', async () => {
  const failing = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EIO')) })
  failing.on('error', () => {})
  const output = streamOutput(failing)
  output.write('one\n')
  await expect.poll(output.lost).toBe(1)
  output.write('two\n')
  await expect.poll(output.lost).toBe(2)
})
