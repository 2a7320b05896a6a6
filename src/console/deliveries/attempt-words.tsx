import type { ReactElement } from 'react'
import { Badge, type Tone } from '../elements/badge.tsx'
import type { AttemptStatus, DeliveryStatus } from '../generated/graphql.ts'

export const ATTEMPT_STATUS_NAMES: Record<AttemptStatus, string> = {
  SUCCEEDED: 'Success',
  FAILED: 'Failed',
}

export function AttemptBadge({ status }: { status: AttemptStatus }): ReactElement {
  const tone = status === 'SUCCEEDED' ? 'good' : 'bad'
  return <Badge tone={tone}>{ATTEMPT_STATUS_NAMES[status]}</Badge>
}

const DELIVERY_STATUS: Record<DeliveryStatus, [name: string, tone: Tone]> = {
  PENDING: ['Waiting', 'warn'],
  SUCCEEDED: ['Delivered', 'good'],
  FAILED: ['Failed', 'bad'],
  CANCELED: ['Canceled', 'idle'],
  SKIPPED: ['Skipped', 'idle'],
}

export function DeliveryBadge({ status }: { status: DeliveryStatus }): ReactElement {
  const [name, tone] = DELIVERY_STATUS[status]
  return <Badge tone={tone}>{name}</Badge>
}

/** As in "850 ms" and "5.00 s". */
export const durationOf = (milliseconds: number): string =>
  milliseconds < 1_000
    ? `${milliseconds} ms`
    : `${(milliseconds / 1_000).toLocaleString(undefined, { minimumFractionDigits: 2, maximumFractionDigits: 2 })} s`
