import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'

const execute = promisify(execFile)
const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Commands that a sentence may name before the demo runs: one for Node, one for the generated files. */
const MOST_REPAIRS = 2

/** As a user has it: without the Node of this project. */
const PATH = (process.env.PATH ?? '')
  .split(delimiter)
  .filter((folder) => !folder.includes('node_modules'))
  .join(delimiter)

async function run(folder: string, command: string, more: NodeJS.ProcessEnv = {}) {
  const { HOME = '' } = process.env
  const env = { PATH, HOME, CI: 'true', ...more }
  return execute('/bin/sh', ['-c', command], { cwd: folder, env, maxBuffer: 64_000_000 }).then(
    ({ stdout, stderr }) => ({ code: 0, output: stdout + stderr }),
    ({ code, stdout, stderr }) => ({ code: code as number, output: `${stdout}${stderr}` }),
  )
}

async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bigmind-install-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  await execute('chmod', ['755', folder])
  return folder
}

/** The sources as in a zip from the repository: without git and without what is generated. */
async function sources(): Promise<string> {
  const folder = await emptyFolder()
  const list = 'git ls-files -z --cached --others --exclude-standard'
  const { stdout } = await execute('/bin/sh', ['-c', list], { cwd: ROOT, maxBuffer: 64_000_000 })
  for (const name of stdout.split('\0').filter(Boolean)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await cp(join(ROOT, name), join(folder, name)).catch(() => {})
  }
  return folder
}

/** Runs the demo, and first what its sentences say to run. It publishes every event and verifies what arrives. */
async function delivers(folder: string, repairs: number): Promise<void> {
  for (let repaired = 0; ; repaired += 1) {
    const { code, output } = await run(folder, 'npm run demo')
    if (code === 0) {
      expect(output).toMatch(/(\d+) of \1 deliveries succeeded/)
      expect(repaired).toBeLessThanOrEqual(repairs)
      return
    }
    const [, command] = /^[A-Z].*\. Run: (.+)$/m.exec(output) ?? []
    expect({ code, command, output }).toMatchObject({ code: 78, command: expect.any(String) })
    if (repaired > repairs) throw new Error(`It still does not run: ${output}`)
    expect(await run(folder, command!)).toMatchObject({ code: 0 })
  }
}

test.each([
  ['npm ci', {}, 0],
  ['npm ci --omit=dev', {}, 0],
  ['npm ci', { NODE_ENV: 'production' }, 0],
  ['npm ci --ignore-scripts', {}, MOST_REPAIRS],
] as const)(
  'the sources without git, after %s with %j, deliver',
  async (command, env, repairs) => {
    const folder = await sources()
    const { code, output } = await run(folder, command, env)
    expect({ code, output }).toMatchObject({ code: 0 })
    expect(output).not.toMatch(/EBADENGINE|npm warn/i)
    await delivers(folder, repairs)
  },
  900_000,
)

/** Packs a release in a copy of the sources, since other tests use what this folder has built. @returns the tarball */
async function pack(): Promise<string> {
  const folder = await sources()
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  const bin = join(ROOT, 'node_modules', '.bin')
  const { code, output } = await run(folder, 'npm run prepare && npm pack', {
    PATH: `${bin}${delimiter}${PATH}`,
  })
  expect({ code, output }).toMatchObject({ code: 0 })
  const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
  return join(folder, `bigmind-webhooks-${version}.tgz`)
}

test('a release that was unpacked delivers', async () => {
  const folder = await emptyFolder()
  await execute('tar', ['xf', await pack(), '--strip-components=1'], { cwd: folder })
  expect(await run(folder, 'npm install --omit=dev')).toMatchObject({ code: 0 })
  await delivers(folder, 0)
}, 900_000)

test('a release that was installed as a package delivers', async () => {
  const folder = await emptyFolder()
  await writeFile(join(folder, 'package.json'), '{ "name": "host", "version": "1.0.0" }')
  expect(await run(folder, `npm install ${await pack()}`)).toMatchObject({ code: 0 })
  await delivers(join(folder, 'node_modules', 'bigmind-webhooks'), 0)
}, 900_000)
