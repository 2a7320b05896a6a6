import { execFile, execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { onTestFinished } from 'vitest'
import type { Requirement } from './machine.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const BIN = join(ROOT, 'node_modules', '.bin')

/** The repository has this commit. A copy without git, or a shallow clone, has it not. */
export function commit(hash: string): Requirement {
  let met = true
  try {
    execFileSync('git', ['cat-file', '-e', `${hash}^{commit}`], { cwd: ROOT, stdio: 'ignore' })
  } catch {
    met = false
  }
  return { met, reason: `needs the commit ${hash} in the history of the repository` }
}

/**
 * Installs a commit for production, with its generated Prisma client, in a folder that is removed after the test.
 * @returns its folder `src`
 */
export async function checkOut(hash: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bigmind-older-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const env = { ...process.env, ROOT, PATH: `${BIN}${delimiter}${process.env.PATH}` }
  const install = [
    `git -C "$ROOT" archive ${hash} package.json package-lock.json prisma prisma.config.ts src tsconfig.json | tar x`,
    'npm ci --omit=dev --ignore-scripts --prefer-offline --no-audit --no-fund',
    'prisma generate',
  ]
  await promisify(execFile)('/bin/sh', ['-c', install.join(' && ')], { cwd: folder, env })
  return join(folder, 'src')
}
