import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import type { ServiceProcess } from '../helpers/service-process.ts'
import { allDelivered } from './arrivals.ts'
import { createDeployment } from './deployment.ts'
import { extent } from './extent.ts'
import type { InProcessFault } from './in-process.ts'
import { publishSteadily } from './publication.ts'

const BLOCKED = extent({ short: 1_500, full: 3_000 })
const HOUR = 3_600_000

/** Publications a second. Other tests run beside the short form. */
const RATE = extent({ short: 20, full: 50 })

/**
 * The maximum number of requests to one destination that are repeated if its running worker is considered dead: 16 in
 * flight, and 16 that the worker sends before a result shows that another worker has the job.
 */
const OVERTAKEN = 32

/** An API and a worker that can be given faults from within, and one more worker. */
async function faultyDeployment() {
  const folder = await mkdtemp(join(tmpdir(), 'bigmind-faults-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const file = join(folder, 'fault.json')
  const preload = fileURLToPath(new URL('in-process.ts', import.meta.url))
  const env = { NODE_OPTIONS: `--import=${preload}`, FAULT_FILE: file }
  const deployment = await createDeployment({ env })
  const workers = [await deployment.start('worker'), await deployment.start('worker')] as const
  const give = async (fault: InProcessFault, ...processes: ServiceProcess[]) => {
    await writeFile(file, JSON.stringify(fault))
    for (const one of processes) one.signal('SIGUSR2')
  }
  return { ...deployment, deployment, workers, give }
}

/** Returns the errors in the logs of the processes. */
const complaints = (processes: readonly ServiceProcess[]) =>
  processes.flatMap(({ logged }) =>
    logged.filter(({ level }) => level >= 40).map(({ msg, err }) => `${msg}: ${err?.message}`),
  )

test(`the event loops of an API and a worker are blocked for ${BLOCKED / 1_000} s: everything is delivered once`, async () => {
  const { deployment, api, workers, client, ledger, receiver, give } = await faultyDeployment()
  const destinationIds = await deployment.destinations(5)
  const stream = publishSteadily(RATE, { client, ledger, destinationIds })
  await receiver.request(100)
  for (let turn = 0; turn < extent({ short: 1, full: 5 }); turn += 1) {
    await give({ blockFor: BLOCKED }, api, workers[0])
    await pause(BLOCKED + 1_000)
  }
  await allDelivered(deployment, (await stream.stop()) * destinationIds.length)

  // No fault is noted: the requests that were answered meanwhile are recorded.
  expect(await ledger.violations()).toEqual([])
  expect(complaints([api, ...workers])).toEqual([])
}, 300_000)

const steps: [how: string, steps: number[]][] = [
  ['forward and back again', [HOUR, 0]],
  ['forward', [HOUR]],
]

test.each(steps.slice(0, extent({ short: 1, full: 2 })))(
  'the clocks of all processes and of the database are stepped %s by an hour: all is delivered',
  async (_how, steps) => {
    const { deployment, api, workers, client, ledger, receiver, sql, give } =
      await faultyDeployment()
    const destinationIds = await deployment.destinations(5)
    const stream = publishSteadily(RATE, { client, ledger, destinationIds })
    await receiver.request(100)
    for (const ahead of steps) {
      for (const clock of ['service_now', 'pgboss.job_now']) {
        await sql(
          `create or replace function ${clock}() returns timestamptz
          as $$ select now() + interval '${ahead} ms' $$ language sql stable`,
        )
      }
      await give({ clockAhead: ahead }, api, ...workers)
      // Ahead, all heartbeats are an hour old, and each destination can be taken over. Back again, none is considered dead.
      const atLeast = ahead > 0 ? OVERTAKEN * destinationIds.length : 0
      await ledger.fault(`clock at ${ahead}`, { atLeast })
      await pause(3_000)
    }
    await allDelivered(deployment, (await stream.stop()) * destinationIds.length)

    expect(await ledger.violations()).toEqual([])
  },
  120_000,
)
