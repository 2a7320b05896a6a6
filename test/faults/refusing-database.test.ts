import { setTimeout as pause } from 'node:timers/promises'
import { expect, inject, onTestFinished, test } from 'vitest'
import { GraphqlRequestError } from '../../src/cli/graphql-client.ts'
import { allDelivered } from './arrivals.ts'
import { createDeployment, type Deployment } from './deployment.ts'
import { extent, inTime } from './extent.ts'
import { onDatabase } from './ledger.ts'
import { publishSteadily } from './publication.ts'

/** Milliseconds for which the database refuses. */
const REFUSES_FOR = extent({ short: 3_000, full: 10_000 })

/** Milliseconds after it has changed its mind by which a delivery must arrive. */
const DELIVERS_WITHIN = 3_000

/** Changes a setting of the database from outside it, and has all that are connected connect again. */
async function alter({ databaseUrl }: Deployment, setting: string): Promise<void> {
  const name = new URL(databaseUrl).pathname.slice(1)
  await onDatabase(inject('serverUrl'), async (client) => {
    await client.query(`alter database ${name} ${setting}`)
    await client.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and usename = current_user',
      [name],
    )
  })
}

const refusals: [what: string, refuse: string, allow: string, code: string][] = [
  ['takes no connections', 'allow_connections false', 'allow_connections true', '55000'],
]

test.each(refusals)(
  `a database that %s for ${REFUSES_FOR / 1_000} s: calls fail with an error, the log has its code, and publishing and delivery continue afterwards`,
  async (_what, refuse, allow, code) => {
    const deployment = await createDeployment()
    const { api, client, ledger, receiver } = deployment
    const worker = await deployment.start('worker')
    const destinationIds = await deployment.destinations(3)
    const refused: unknown[] = []
    const onError = (error: unknown) => refused.push(error)
    const stream = publishSteadily(50, { client, ledger, destinationIds, onError })
    await receiver.request(60)
    await ledger.fault('refusal')
    onTestFinished(() => alter(deployment, allow))
    await alter(deployment, refuse)
    await pause(REFUSES_FOR)
    await alter(deployment, allow)
    const began = performance.now()
    await receiver.request(receiver.requests.length + 1)
    const took = performance.now() - began
    const published = await stream.stop()
    await allDelivered(deployment, published * destinationIds.length)

    console.log(`${refused.length} calls refused; delivers again after ${Math.round(took)} ms`)
    expect(refused.length).toBeGreaterThan(0)
    for (const refusal of refused) {
      expect(refusal).toBeInstanceOf(GraphqlRequestError)
      expect((refusal as GraphqlRequestError).errors[0]).toMatchObject({
        message: expect.stringMatching(
          /^The service is temporarily unavailable. Try again in a few/,
        ),
        extensions: { code: 'INTERNAL_SERVER_ERROR', reason: 'UNAVAILABLE' },
      })
    }
    for (const { logged } of [api, worker]) {
      expect(logged.filter(({ level }) => level >= 40).map(({ err }) => err?.code)).toContain(code)
    }
    expect(took).toBeLessThan(inTime(DELIVERS_WITHIN))
    expect(await ledger.violations()).toEqual([])
  },
  120_000,
)
