import type { Database, Sql } from '../storage/database.ts'
import type { NewId } from '../storage/ids.ts'

/** An organization of the host product. */
export interface HostOrganization {
  externalId: string
  /** Null if unknown: an existing organization keeps its name, and a new one is named after its id. */
  name: string | null
}

/**
 * Returns the id of the host product's organization, which is created on first use, and updates its name. Concurrent calls
 * create one organization.
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

/** Without an external id there is no conflict, so each call creates an organization. */
const INSERT = `
insert into organization (id, external_id, name) values ($1, $2, coalesce($3::text, $2))
on conflict (external_id) do update set name = coalesce($3, organization.name)
returning id`

export interface NamedOrganization {
  id: string
  name: string
}

/** Finds an organization by its id or its id in the host product. Names are not compared, because customers choose them. */
export async function findOrganization(sql: Sql, id: string): Promise<NamedOrganization | null> {
  const [found] = await sql.query<NamedOrganization>(
    `select id, name from organization where id = $1 or external_id = $1
    order by id = $1 desc limit 1`,
    [id],
  )
  return found ?? null
}

/** Serializes transactions that create the first organization, so that they do not create it twice. */
export const lockOrganizations = (tx: Sql) =>
  tx.query('lock table organization in share row exclusive mode')

/** Creates an organization that the host product does not know, and returns its id. */
export async function insertOrganization(newId: NewId, tx: Sql, name: string): Promise<string> {
  const id = newId('org')
  await tx.query(INSERT, [id, null, name])
  return id
}
