import type { Database } from '../../storage/database.ts'
import { printable } from './printable.ts'

interface Row {
  id: string
  prefix: string
  name: string
  /** Null for a platform key. */
  organizationId: string | null
  organization: string | null
  scopes: string[]
  lastUsedAt: Date | null
  revokedAt: Date | null
  expiresAt: Date | null
  expired: boolean
}

const HEADINGS = ['ID', 'KEY', 'NAME', 'ORGANIZATION', 'SCOPES', 'LAST USE', 'STATE']

/** Returns a table of all keys, newest first. It contains no secrets. */
export async function listKeys(db: Database): Promise<string> {
  const rows = await db.query<Row>(
    `select k.id, k.prefix, k.name, o.id as "organizationId", o.name as organization, k.scopes,
      k.last_used_at as "lastUsedAt", k.revoked_at as "revokedAt", k.expires_at as "expiresAt",
      coalesce(k.expires_at <= service_now(), false) as expired
    from api_key k left join organization o on o.id = k.organization_id
    order by k.id desc`,
  )
  return align([HEADINGS, ...rows.map(cells)])
}

/** Returns a table of all organizations, newest first. */
export async function listOrganizations(db: Database): Promise<string> {
  const rows = await db.query<{ id: string; externalId: string | null; name: string }>(
    'select id, external_id as "externalId", name from organization order by id desc',
  )
  const headings = ['ID', 'ID IN BIGMIND', 'NAME']
  return align([headings, ...rows.map(({ externalId, id, name }) => [id, externalId ?? '', name])])
}

const cells = (row: Row): string[] => [
  row.id,
  `${row.prefix}…`,
  row.name,
  row.organizationId ? `${row.organization} (${row.organizationId})` : '(platform)',
  row.scopes.join(',') || '(none)',
  row.lastUsedAt?.toISOString() ?? 'never',
  stateOf(row),
]

function stateOf({ expired, expiresAt, revokedAt }: Row): string {
  if (revokedAt) return `revoked ${revokedAt.toISOString()}`
  if (!expiresAt) return 'valid'
  return `${expired ? 'expired' : 'valid until'} ${expiresAt.toISOString()}`
}

function align(rows: readonly string[][]): string {
  const escaped = rows.map((row) => row.map(printable))
  const columns = [...(rows[0] ?? []).keys()]
  const widths = columns.map((column) => Math.max(...escaped.map((row) => row[column]!.length)))
  return escaped
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
