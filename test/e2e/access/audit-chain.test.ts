import { describe, expect, test } from 'vitest'
import type { Viewer } from '../../../src/access/authentication.ts'
import { purgeAuditLogs } from '../../../src/audit/purge.ts'
import { verifyAuditLogs } from '../../../src/audit/verify.ts'
import { verifyAudit } from '../../../src/cli/keys/verify-audit.ts'
import { createAuditWorld } from './audit-world.ts'

const { world, logOf, change, user } = await createAuditWorld()
const { db, lowestId } = world.app.ports

const verificationOf = async ({ organizationId }: Viewer) =>
  (await verifyAuditLogs(db)).find((one) => one.organizationId === organizationId)

/** Changes rows as a person with access to the database could. */
const tamper = (...statements: string[]) =>
  db.transaction(async (tx) => {
    await tx.query('alter table audit_log_entry disable trigger user')
    for (const statement of statements) await tx.query(statement)
    await tx.query('alter table audit_log_entry enable trigger user')
  })

describe('the chain of an audit log', () => {
  /** An organization with 12 entries, 8 of which were appended at once. */
  async function settle() {
    const viewer = await user()
    const ids: string[] = []
    for (let made = 0; made < 4; made += 1) ids.push(await world.createDestination(viewer))
    await Promise.all(ids.map((id) => change(viewer, 'destinationRevealSecret(id: $id)', id)))
    return viewer
  }

  test('is without gaps when entries are appended at once, and ids ascend with it', async () => {
    const viewer = await settle()
    const entries = (await logOf(viewer)).reverse()
    expect(entries.map(({ sequence }: { sequence: number }) => sequence)).toEqual(
      Array.from({ length: 12 }, (_, index) => index + 1),
    )
    expect(entries[0].previousHash).toBe('0'.repeat(64))
    for (const [index, entry] of entries.slice(1).entries()) {
      expect(entry.previousHash).toBe(entries[index].hash)
    }
    const { hash } = entries.at(-1)
    expect(await verificationOf(viewer)).toMatchObject({ entries: 12, hash, broken: null })
  })

  test.each<[string, string, object]>([
    [
      'changed',
      `update audit_log_entry set subject_name = 'x' where`,
      { sequence: 5, reason: 'was changed' },
    ],
    [
      'redated',
      `update audit_log_entry set created_at = now() where`,
      { sequence: 5, reason: 'was changed' },
    ],
    [
      'deleted',
      'delete from audit_log_entry where',
      { sequence: 5, reason: 'is missing before this one' },
    ],
    [
      'rewritten with its hash',
      `update audit_log_entry set hash = sha256('x'), changes = '[]' where`,
      { sequence: 5, reason: 'was changed' },
    ],
  ])('names the first entry that was %s', async (_, statement, broken) => {
    const viewer = await settle()
    const where = `organization_id = '${viewer.organizationId}' and sequence = 5`
    await tamper(`${statement} ${where}`)
    expect(await verificationOf(viewer)).toMatchObject({ entries: 4, broken })
    await expect(verifyAudit(db)).rejects.toThrow(`${viewer.organizationId}: entry 5 (log_`)
    await tamper(
      `delete from audit_log_entry where organization_id = '${viewer.organizationId}'`,
      `delete from audit_log_head where organization_id = '${viewer.organizationId}'`,
    )
  })

  test.each(['audit_log_entry where sequence > 10 and', 'audit_log_head where'])(
    'names the place where the end was cut off by a deletion from %s',
    async (rows) => {
      const viewer = await settle()
      const where = `organization_id = '${viewer.organizationId}'`
      await tamper(`delete from ${rows} ${where}`)
      const { broken } = (await verificationOf(viewer))!
      expect(broken).not.toBeNull()
      await purgeAuditLogs({ db, lowestId: () => 'log_z', clock: world.app.ports.clock }, 1)
      await tamper(
        `delete from audit_log_entry where ${where}`,
        `delete from audit_log_head where ${where}`,
      )
      expect(await verifyAudit(db)).toContain('audit logs are valid.')
    },
  )

  test('cannot be changed, deleted or truncated by statements', async () => {
    await settle()
    for (const statement of [
      `update audit_log_entry set subject_name = 'x'`,
      'delete from audit_log_entry',
      'truncate audit_log_entry',
    ]) {
      await expect(db.query(statement)).rejects.toThrow('cannot be changed or deleted')
    }
  })

  test('stays valid when its oldest entries are deleted by age', async () => {
    const viewer = await settle()
    const [sixth] = await db.query<{ id: string }>(
      'select id from audit_log_entry where organization_id = $1 and sequence = 7',
      [viewer.organizationId],
    )
    const ports = { db, lowestId: () => sixth!.id, clock: world.app.ports.clock }
    await purgeAuditLogs(ports, 365)
    expect(await verificationOf(viewer)).toMatchObject({ entries: 6, broken: null })
    expect((await logOf(viewer)).at(-1).sequence).toBe(7)
    await world.createDestination(viewer)
    expect(await verificationOf(viewer)).toMatchObject({ entries: 8, broken: null })
    await purgeAuditLogs({ ...ports, lowestId: () => 'log_z' }, 365)
    expect(await verificationOf(viewer)).toMatchObject({ entries: 0, broken: null })
    await world.createDestination(viewer)
    expect(await verificationOf(viewer)).toMatchObject({ entries: 2, broken: null })
  })

  test('keeps entries within the retention', async () => {
    const viewer = await settle()
    await purgeAuditLogs({ db, lowestId, clock: world.app.ports.clock }, 1)
    expect(await verificationOf(viewer)).toMatchObject({ entries: 12 })
  })

  test('does not lock publications of the organization', async () => {
    const viewer = await settle()
    await db.transaction(async (tx) => {
      await tx.query('select from audit_log_head where organization_id = $1 for update', [
        viewer.organizationId,
      ])
      expect(await world.publish(viewer, 2)).toHaveLength(2)
    })
  })
})
