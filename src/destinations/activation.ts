import { cancelingTransaction, cancelRemaining } from '../delivery/cancel.ts'
import type { Queue } from '../delivery/queue.ts'
import { missingRequirements } from '../domain/destination.ts'
import { DestinationNotReadyError } from '../domain/errors.ts'
import type { Database } from '../storage/database.ts'
import type { NewId } from '../storage/ids.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { writeAuditEntry } from './audit.ts'
import { type DestinationTarget, lockDestination } from './destination.ts'

type Ports = { db: Database; queue: Queue; newId: NewId; metrics: Metrics }

/**
 * Activates a destination and sets its failure count to 0; attempts that began before do not count. An ACTIVE destination
 * is not changed.
 * @throws NotFoundError, DestinationNotReadyError
 */
export async function activateDestination(
  { db, queue, metrics, newId }: Ports,
  target: DestinationTarget,
): Promise<void> {
  for (let more = true; more; ) {
    more = await cancelingTransaction({ db, metrics }, async (tx, cancelBatch) => {
      const destination = await lockDestination(tx, target)
      if (destination.status === 'ACTIVE') return false
      const missing = missingRequirements(destination)
      if (missing.length > 0) throw new DestinationNotReadyError(missing)
      // Deliveries that waited before are not sent by activating, so all of them must be canceled first.
      if (await cancelBatch([target.id])) return true
      await tx.query(
        `update destination set
          status = 'ACTIVE', activation = activation + 1, failure_count = 0, disabled_at = null,
          updated_at = service_now()
        where id = $1`,
        [target.id],
      )
      // Requests in flight under the activation before no longer count towards the concurrency limit.
      await queue.wake(tx, [{ destinationId: target.id, organizationId: target.organizationId }], {
        urgent: true,
      })
      const { name, status } = destination
      const changes = [{ setting: 'status', before: status, after: 'ACTIVE' }]
      await writeAuditEntry({ tx, newId }, target, { action: 'ACTIVATED', name, changes })
      return false
    })
  }
}

/**
 * Deactivates a destination and cancels its waiting deliveries. An INACTIVE destination is not changed.
 * @throws NotFoundError
 */
export async function deactivateDestination(
  { db, metrics, newId }: Pick<Ports, 'db' | 'metrics' | 'newId'>,
  target: DestinationTarget,
): Promise<void> {
  const more = await cancelingTransaction({ db, metrics }, async (tx, cancelBatch) => {
    const { name, status } = await lockDestination(tx, target)
    if (status === 'INACTIVE') return false
    await tx.query(
      `update destination set status = 'INACTIVE', disabled_at = null, updated_at = service_now()
      where id = $1`,
      [target.id],
    )
    const more = await cancelBatch([target.id])
    const changes = [{ setting: 'status', before: status, after: 'INACTIVE' }]
    await writeAuditEntry({ tx, newId }, target, { action: 'DEACTIVATED', name, changes })
    return more
  })
  if (more) await cancelRemaining({ db, metrics }, [target.id])
}
