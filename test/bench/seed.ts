import { randomBytes } from 'node:crypto'
import { apiKeyPrefix, generateApiKey, hashApiKey, SCOPES } from '../../src/domain/api-key.ts'
import { generateSecret } from '../../src/domain/signature.ts'
import { newId } from '../../src/storage/ids.ts'
import { createSecretCipher } from '../../src/storage/secret-encryption.ts'
import { exampleInputs, TODO } from './inputs.ts'
import type { Stage } from './stage.ts'

/** A customer, with a key that may do everything. */
export interface Customer {
  organizationId: string
  apiKey: string
}

type Sql = Pick<Stage, 'sql'>

export async function addCustomer({ sql }: Sql): Promise<Customer> {
  const organizationId = newId('org')
  const apiKey = generateApiKey(randomBytes)
  await sql('insert into organization (id, name) values ($1, $1)', [organizationId])
  await sql(
    `insert into api_key (id, organization_id, name, prefix, hash, scopes)
    values ($1, $2, 'bench', $3, $4, $5)`,
    [newId('key'), organizationId, apiKeyPrefix(apiKey), hashApiKey(apiKey), [...SCOPES]],
  )
  return { organizationId, apiKey }
}

/** ACTIVE destinations, one for each URL. `events` says by its index what each selects. @returns their ids, in order */
export async function addDestinations(
  { sql, encryptionKey }: Pick<Stage, 'sql' | 'encryptionKey'>,
  { organizationId }: Customer,
  { urls, events = () => TODO }: { urls: readonly string[]; events?: (index: number) => string },
): Promise<string[]> {
  const secrets = createSecretCipher([{ id: 'bench', key: encryptionKey }])
  const ids = urls.map(() => newId('whk'))
  await sql(
    `insert into destination (id, organization_id, name, url, events, status)
    select id, $1, 'Receiver', url, array[event], 'ACTIVE'
    from unnest($2::text[], $3::text[], $4::text[]) as destination (id, url, event)`,
    [organizationId, ids, urls, urls.map((_, index) => events(index))],
  )
  await sql(
    `insert into signing_secret (destination_id, current)
    select * from unnest($1::text[], $2::text[])`,
    [ids, ids.map((id) => secrets.encrypt(generateSecret(randomBytes), id))],
  )
  return ids
}

/** Rows of one statement, each of which is a transaction, as the service's own commits are many. */
const PART = 10_000

const todoData = () =>
  JSON.stringify(exampleInputs().find(({ event }) => event === 'TODO_CREATED')!.data)

/**
 * Puts deliveries of as many events before destinations, evenly: waiting ones, or ones that succeeded with an
 * attempt each. Ids are as random as the service's own and as ascending.
 */
export async function addDeliveries(
  { sql }: Sql,
  { organizationId }: Customer,
  {
    destinationIds,
    count,
    state,
  }: { destinationIds: readonly string[]; count: number; state: 'WAITING' | 'SUCCEEDED' },
): Promise<void> {
  for (let done = 0; done < count; done += PART) {
    const size = Math.min(PART, count - done)
    await sql(
      `with one as (
        select n, md5(random()::text) as key, ($3::text[])[1 + n % cardinality($3::text[])] as destination_id,
          to_char($4::int + n, 'fm00000000') as place
        from generate_series(0, $5::int - 1) as n
      ), stored as (
        insert into event (id, organization_id, type, data, relations, timestamp)
        select 'evt_00' || place || left(key, 16), $1, $2, $6, $7, now() from one
      ), delivered as (
        insert into delivery (id, event_id, destination_id, status, due_at, attempt_count, completed_at)
        select 'dlv_00' || place || left(key, 16), 'evt_00' || place || left(key, 16), destination_id,
          (case when $8 then 'PENDING' else 'SUCCEEDED' end)::delivery_status,
          case when $8 then now() - interval '1 hour' + n * interval '1 ms' end,
          case when $8 then 0 else 1 end, case when not $8 then now() end
        from one
      )
      insert into delivery_attempt (
        id, delivery_id, destination_id, organization_id, event_type, number, status, attempted_at,
        duration_ms, response_code
      )
      select 'att_00' || place || left(key, 16), 'dlv_00' || place || left(key, 16), destination_id, $1, $2, 1,
        'SUCCEEDED', now() - interval '1 hour', 12, 204
      from one where not $8`,
      [
        organizationId,
        TODO,
        destinationIds,
        done,
        size,
        todoData(),
        '{"associated_account_ids":[],"associated_contact_ids":[],"associated_deal_ids":[],"associated_lead_ids":[]}',
        state === 'WAITING',
      ],
    )
  }
  await sql('vacuum analyze')
}
