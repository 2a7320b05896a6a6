import { randomBytes } from 'node:crypto'
import { onTestFailed, onTestFinished } from 'vitest'
import { createGraphqlClient, type GraphqlClient } from '../../src/cli/graphql-client.ts'
import { createDatabase } from '../helpers/database.ts'
import { activeDestination } from '../helpers/operations.ts'
import { type Receiver, startReceiver } from '../helpers/receiver.ts'
import { runProgram, type ServiceProcess, startServiceProcess } from '../helpers/service-process.ts'
import { createLedger, type Ledger, onDatabase } from './ledger.ts'

/** The service as several processes over one database, with a receiver, and what is noted of all they do. */
export interface Deployment {
  databaseUrl: string
  /** One receiver for all destinations. */
  receiver: Receiver
  ledger: Ledger
  /** Of the one organization. */
  apiKey: string
  client: GraphqlClient
  api: ServiceProcess
  /** The same for another API. */
  clientOf(url: string): GraphqlClient
  start(role: 'api' | 'worker' | 'all', env?: Record<string, string>): Promise<ServiceProcess>
  /** Makes destinations that all lead to the receiver. @returns their ids */
  destinations(count: number): Promise<string[]>
  sql<Row>(text: string, values?: unknown[]): Promise<Row[]>
}

/**
 * Starts an API. All ends with the test.
 *
 * @param options.databaseUrl an empty database or a migrated one; default: one of the test run's server
 * @param options.env of all processes
 * @param options.answerAfter milliseconds until the receiver answers, so that requests are always in flight
 */
export async function createDeployment(
  options: { databaseUrl?: string; env?: Record<string, string>; answerAfter?: number } = {},
): Promise<Deployment> {
  const { answerAfter = 15 } = options
  const databaseUrl = options.databaseUrl ?? (await createDatabase()).url
  const shared = {
    DATABASE_URL: databaseUrl,
    ENCRYPTION_KEYS: `test:${randomBytes(32).toString('base64')}`,
    ...options.env,
  }
  const receiver = await startReceiver({
    answers: [(_request, response) => void setTimeout(() => response.end(), answerAfter)],
  })
  onTestFinished(() => receiver.close())
  const start: Deployment['start'] = async (role, env = {}) => {
    const service = await startServiceProcess({ ...shared, ...env }, role)
    onTestFailed(() => sayFaults(role, service))
    return service
  }
  const api = await start('api')
  const key = ['create', '--new', 'Acme', '--name', 'test', '--scopes', 'all']
  const { stdout } = await runProgram(['cli/keys.ts', ...key], { ...shared })
  const apiKey = stdout.trim()
  const clientOf = (url: string) => {
    const client = createGraphqlClient({ url, apiKey })
    onTestFinished(() => client.close())
    return client
  }
  const client = clientOf(api.url!)
  return {
    databaseUrl,
    receiver,
    ledger: createLedger(databaseUrl, () => receiver.requests),
    apiKey,
    client,
    api,
    clientOf,
    start,
    destinations: (count) => destinationsTo(client, receiver.url, count),
    sql: (text, values) =>
      onDatabase(databaseUrl, async (connection) => (await connection.query(text, values)).rows),
  }
}

/** Prints the warnings and errors that a process logged, to explain a test that failed. */
function sayFaults(role: string, { logged }: ServiceProcess): void {
  for (const { level, msg, err } of logged) {
    if (level >= 40) console.log(`${role}: ${msg}: ${err?.code ?? ''} ${err?.message ?? ''}`)
  }
}

async function destinationsTo(client: GraphqlClient, url: string, count: number) {
  const ids: string[] = []
  while (ids.length < count) ids.push((await activeDestination(client, { url })).id)
  return ids
}
