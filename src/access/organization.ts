import type { Database, Sql } from '../storage/database.ts'
import type { NewId } from '../storage/ids.ts'

/** An organization as the host product names it. */
export interface HostOrganization {
  externalId: string
  /** Null when it is not known: the name stays, and a new organization is called by its id. */
  name: string | null
}

/**
 * Finds the organization of the host product, makes it on first use, and keeps its name up to date. However
 * many ask at once, one is made.
 * @returns our id
 */
export async function organizationOfHost(
  { db, newId }: { db: Database; newId: NewId },
  { externalId, name }: HostOrganization,
): Promise<string> {
  const [known] = await db.query<{ id: string }>(
    'select id from organization where external_id = $1 and ($2::text is null or name = $2)',
    [externalId, name],
  )
  if (known) return known.id
  const [row] = await db.query<{ id: string }>(INSERT, [newId('org'), externalId, name])
  return row!.id
}

/** Without an external id nothing conflicts: a new organization is made each time. */
const INSERT = `
insert into organization (id, external_id, name) values ($1, $2, coalesce($3::text, $2))
on conflict (external_id) do update set name = coalesce($3, organization.name)
returning id`

/** Whether there is an organization with this id of ours. */
export async function organizationExists(sql: Sql, id: string): Promise<boolean> {
  return (await sql.query('select from organization where id = $1', [id])).length > 0
}

/** Two that look for an organization by its name at once would both make it: they wait for each other here. */
export const lockOrganizations = (tx: Sql) =>
  tx.query('lock table organization in share row exclusive mode')

/** Makes an organization that the host product does not know. @returns its id */
export async function insertOrganization(newId: NewId, tx: Sql, name: string): Promise<string> {
  const id = newId('org')
  await tx.query(INSERT, [id, null, name])
  return id
}
