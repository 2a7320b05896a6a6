import { mkdir, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { backlog } from './backlog.ts'
import type { Benchmark } from './benchmark.ts'
import { sharedNow } from './clock.ts'
import { documentRun } from './document.ts'
import { drain } from './drain.ts'
import { feed } from './feed.ts'
import { growth } from './growth.ts'
import { hanging } from './hanging.ts'
import { latency } from './latency.ts'
import { describeMachine } from './machine.ts'
import { publish } from './publish.ts'
import { type Report, type Result, reportJson, rowsOf, textTable } from './report.ts'
import { createRun, type Run } from './run.ts'
import { start } from './start.ts'
import { tenants } from './tenants.ts'
import { workers } from './workers.ts'

/** In the order in which they run. */
const BENCHMARKS: readonly Benchmark[] = [
  drain,
  hanging,
  backlog,
  latency,
  publish,
  growth,
  feed,
  workers,
  tenants,
  start,
]

const RESULTS = new URL('../../bench-results/', import.meta.url)

const USAGE = `npm run bench [-- OPTIONS] [NAME...]

Measures how fast the service is on this machine, in minutes. Leave the machine alone meanwhile. NAME is one of
${BENCHMARKS.map(({ name, measures }) => `  ${name.padEnd(8)}  ${measures}`).join('\n')}

  --quick     small sizes: shows that everything works; its figures say nothing
  --profile   also writes a CPU profile of each service into bench-results, which slows it down
  --document  puts a run of all of them into docs/benchmarks.md`

/** Milliseconds after which a benchmark has certainly stopped making progress. */
const LONGEST = 900_000

const options = {
  quick: { type: 'boolean', default: false },
  profile: { type: 'boolean', default: false },
  document: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({ options, allowPositionals: true })
  const unknown = positionals.filter((name) => !BENCHMARKS.some((one) => one.name === name))
  const partial = values.quick || values.profile || positionals.length > 0
  if (values.help) return void console.log(USAGE)
  if (unknown.length > 0 || (values.document && partial)) {
    console.error(USAGE)
    process.exit(2)
  }
  const run = createRun({
    quick: values.quick,
    nodeOptions: values.profile ? ['--cpu-prof', `--cpu-prof-dir=${fileURLToPath(RESULTS)}`] : [],
    say: (text) => console.error(`  ${text}`),
  })
  closeOnInterrupt(run)
  const chosen = BENCHMARKS.filter(
    ({ name }) => positionals.length === 0 || positionals.includes(name),
  )
  const report: Report = {
    at: new Date().toISOString(),
    quick: values.quick,
    machine: describeMachine(),
    results: await measure(run, chosen),
  }
  console.log(`\n${textTable(report.results.flatMap(rowsOf))}`)
  await mkdir(RESULTS, { recursive: true })
  await writeFile(new URL(`${report.at.replaceAll(':', '-')}.json`, RESULTS), reportJson(report))
  if (values.document) await documentRun(report)
}

async function measure(run: Run, benchmarks: readonly Benchmark[]): Promise<Result[]> {
  const results: Result[] = []
  for (const { name, measures, run: measure } of benchmarks) {
    console.error(`${name}: ${measures}`)
    const begin = sharedNow()
    const limit = setTimeout(() => {
      throw new Error(`${name} has not ended after ${LONGEST / 60_000} minutes.`)
    }, LONGEST)
    const figures = await measure(run)
    clearTimeout(limit)
    run.say(`took ${Math.round((sharedNow() - begin) / 1_000)} s`)
    results.push({ benchmark: name, measures, figures })
  }
  return results
}

/** However a run ends, it leaves no process and no database. */
function closeOnInterrupt(run: Run): void {
  let ending = false
  const end = async (code: number) => {
    // What is closed while it is in use says so: that is no news any more.
    if (ending) return
    ending = true
    await run.interrupt()
    process.exit(code)
  }
  process.once('SIGINT', () => void end(130))
  process.once('SIGTERM', () => void end(143))
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      if (!ending) console.error(error)
      void end(1)
    })
  }
}

await main()
