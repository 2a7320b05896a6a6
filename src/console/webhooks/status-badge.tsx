import type { ReactElement } from 'react'
import { Badge, type Tone } from '../elements/badge.tsx'
import type { DestinationStatus } from '../generated/graphql.ts'

export const STATUS_NAMES: Record<DestinationStatus, string> = {
  ACTIVE: 'Active',
  INACTIVE: 'Inactive',
  DISABLED: 'Disabled',
}

const TONES: Record<DestinationStatus, Tone> = { ACTIVE: 'good', INACTIVE: 'idle', DISABLED: 'bad' }

export function StatusBadge({ status }: { status: DestinationStatus }): ReactElement {
  return <Badge tone={TONES[status]}>{STATUS_NAMES[status]}</Badge>
}
