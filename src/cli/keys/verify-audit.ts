import { type Verification, verifyAuditLogs } from '../../audit/verify.ts'
import type { Database } from '../../storage/database.ts'

/**
 * Checks the hashes of all audit logs.
 * @returns one line for each organization
 * @throws an Error that names the first broken entry of each log that was changed
 */
export async function verifyAudit(db: Database): Promise<string> {
  const verifications = await verifyAuditLogs(db)
  const broken = verifications.filter((one) => one.broken)
  const lines = verifications.map(describe)
  if (broken.length === 0) return [...lines, `${lines.length} audit logs are valid.`].join('\n')
  throw new Error([...broken.map(describe), `${broken.length} audit logs are broken.`].join('\n'))
}

function describe({ broken, entries, hash, organizationId }: Verification): string {
  if (!broken) return `${organizationId}: ${entries} entries are valid, the last hash is ${hash}`
  const name = broken.id ? `${broken.sequence} (${broken.id})` : broken.sequence
  return `${organizationId}: entry ${name} ${broken.reason}; ${entries} entries before it are valid`
}
