// Before `npm pack`: compiles src to JavaScript in lib, because Node runs no TypeScript below node_modules.
// After `npm pack`, with --clean: removes lib.
import { spawnSync } from 'node:child_process'
import { copyFileSync, rmSync } from 'node:fs'

rmSync('lib', { recursive: true, force: true })
if (!process.argv.includes('--clean')) {
  const { status } = spawnSync('tsc', ['-p', 'tsconfig.release.json'], { stdio: 'inherit' })
  if (status !== 0) process.exit(1)
  copyFileSync('src/cli/demo/verify-webhook.cjs', 'lib/cli/demo/verify-webhook.cjs')
}
