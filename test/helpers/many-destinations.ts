import { randomBytes } from 'node:crypto'
import { generateSecret } from '../../src/domain/signature.ts'
import { newId } from '../../src/storage/ids.ts'
import type { World } from './world.ts'

/**
 * Adds ACTIVE destinations for todo_created to the organization of the world, in one statement, because creating and
 * activating thousands through the API takes long. @returns their ids, ascending
 */
export async function addDestinations(
  { app, organizationId }: World,
  { url, count, status = 'ACTIVE' }: { url: string; count: number; status?: 'ACTIVE' | 'INACTIVE' },
): Promise<string[]> {
  const { db, secrets } = app.ports
  const ids = Array.from({ length: count }, () => newId('whk'))
  await db.query(
    `with added as (
      insert into destination (id, organization_id, name, url, events, status)
      select id, $1, 'Receiver', $2, array['todo_created'], $5::destination_status
      from unnest($3::text[]) as id
    )
    insert into signing_secret (destination_id, current)
    select * from unnest($3::text[], $4::text[])`,
    [
      organizationId,
      url,
      ids,
      ids.map((id) => secrets.encrypt(generateSecret(randomBytes), id)),
      status,
    ],
  )
  return ids
}
