import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'vite'

const USAGE = `npm run dev

Runs the service, which starts anew when its code changes, and beside it the console with hot reload.
Ctrl-C ends both. The configuration comes from environment variables: see README.md.`

/** The API is a process of its own, so that a change of its code does not reload the pages. */
async function main(): Promise<void> {
  if (process.argv.slice(2).some((option) => option === '--help' || option === '-h')) {
    return void console.log(USAGE)
  }
  const api = spawn(process.execPath, ['--watch', '--watch-preserve-output', 'src/main.ts'], {
    stdio: 'inherit',
    // Apart from the terminal: a Ctrl-C that it heard twice, from there and from the watcher, would end it at once
    // and leave its database running.
    detached: true,
  })
  const ended = once(api, 'exit')
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => api.kill('SIGTERM'))
  }
  const vite = await createServer({ clearScreen: false })
  await vite.listen()
  vite.printUrls()
  await ended
  await vite.close()
}

await main()
