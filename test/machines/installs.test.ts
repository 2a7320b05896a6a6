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

/** Packages come from npm's cache where an installation before has left them there. */
const FROM_CACHE = '--prefer-offline --no-audit --no-fund'

// `npm ci` alone is what brought the packages that this test runs with.
test.each([
  ['npm ci', { NODE_ENV: 'production' }, 0],
  ['npm ci --ignore-scripts', {}, MOST_REPAIRS],
] as const)(
  'the sources without git, after %s with %j, deliver',
  async (command, env, repairs) => {
    const folder = await sources()
    const { code, output } = await run(folder, `${command} ${FROM_CACHE}`, env)
    expect({ code, output }).toMatchObject({ code: 0 })
    expect(output).not.toMatch(/EBADENGINE|npm warn/i)
    await delivers(folder, repairs)
  },
  900_000,
)

// pnpm runs no scripts of packages by default, and Bun cannot read the lock file of npm. The test checks the
// message that the user gets next.
test.each(['pnpm@10.30.3 install --prod --ignore-scripts', 'bun@1.3.0 install --production'])(
  'after npx %s each command says in one sentence to run npm ci',
  async (install) => {
    const folder = await sources()
    await run(folder, `npx ${FROM_CACHE} --yes ${install}`)
    for (const command of ['npm start', 'npm run demo', 'npm run keys -- list']) {
      const { code, output } = await run(folder, command)
      expect(code).toBe(78)
      const said = output.split('\n').filter((line) => line && !line.startsWith('> '))
      expect(said).toEqual([expect.stringMatching(/^The (package|service) .*\. Run: npm ci$/)])
    }
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

test('a release delivers, installed as a package and unpacked', async () => {
  const tarball = await pack()
  const host = await emptyFolder()
  await writeFile(join(host, 'package.json'), '{ "name": "host", "version": "1.0.0" }')
  expect(await run(host, `npm install ${FROM_CACHE} ${tarball}`)).toMatchObject({ code: 0 })
  await delivers(join(host, 'node_modules', 'bigmind-webhooks'), 0)

  const unpacked = await emptyFolder()
  await execute('tar', ['xf', tarball, '--strip-components=1'], { cwd: unpacked })
  expect(await run(unpacked, `npm install --omit=dev ${FROM_CACHE}`)).toMatchObject({ code: 0 })
  await delivers(unpacked, 0)
}, 900_000)
