import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'vite'

const USAGE = `Usage: npm run dev

Run the service, which restarts when its code changes, and the console with hot
reload. Press Ctrl-C to stop both.

Environment variables configure the service: see docs/configuration.md.`

/** Runs the service in a process of its own, so that a change of its code does not reload the console. */
async function main(): Promise<void> {
  if (process.argv.slice(2).some((option) => option === '--help' || option === '-h')) {
    return void console.log(USAGE)
  }
  const api = spawn(process.execPath, ['--watch', '--watch-preserve-output', 'src/main.ts'], {
    stdio: 'inherit',
    // Without a terminal of its own the service gets Ctrl-C once, from the watcher. A second one would end it at once and
    // leave its database running.
    detached: true,
  })
  const exited = once(api, 'exit')
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => api.kill('SIGTERM'))
  }
  const vite = await createServer({ clearScreen: false })
  await vite.listen()
  vite.printUrls()
  await exited
  await vite.close()
}

await main()
