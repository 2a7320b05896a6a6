import { type ReactElement, useEffect, useRef } from 'react'
import { useQuery } from 'urql'
import { Failure } from '../elements/banner.tsx'
import { Section } from '../elements/section.tsx'
import { useNow } from '../elements/time.tsx'
import { ActivityChart } from './activity-chart.tsx'
import styles from './delivery-activity.module.css'
import { DeliveryActivityDocument } from './operations.ts'

interface DeliveryActivityProps {
  id: string
  /** The number of attempts received live. The counts are read again when it changes. */
  received: number
}

/** Milliseconds between two reads of the counts at the least, however many attempts arrive. */
const REFRESH_INTERVAL_MS = 2_000

const MINUTE_MS = 60_000

/** Shows the successes and failures of the last hour, minute by minute. */
export function DeliveryActivity({ id, received }: DeliveryActivityProps): ReactElement {
  const [{ data, error }, execute] = useQuery({
    query: DeliveryActivityDocument,
    variables: { id },
    requestPolicy: 'cache-and-network',
  })
  const refresh = () => execute({ requestPolicy: 'network-only' })
  useThrottled(refresh, received)
  useThrottled(refresh, Math.floor(useNow(MINUTE_MS / 2) / MINUTE_MS))
  const buckets = data?.destination?.attemptHistogram ?? null
  const total = (of: 'succeeded' | 'failed') =>
    (buckets ?? []).reduce((sum, bucket) => sum + bucket[of], 0).toLocaleString()
  const [succeeded, failed] = [total('succeeded'), total('failed')]
  const label = `Attempts per minute in the last hour: ${succeeded} succeeded, ${failed} failed`
  return (
    <Section
      title="Last hour"
      actions={buckets && <Totals succeeded={succeeded} failed={failed} />}
    >
      {error && <Failure title="Could not load the chart" error={error} onRetry={refresh} />}
      <div className={styles.chart} aria-busy={!buckets && !error}>
        {buckets && <ActivityChart buckets={buckets} label={label} />}
      </div>
    </Section>
  )
}

function Totals({ succeeded, failed }: { succeeded: string; failed: string }): ReactElement {
  return (
    <dl className={styles.totals}>
      <div className={styles.total} data-of="succeeded">
        <dt>Succeeded</dt>
        <dd>{succeeded}</dd>
      </div>
      <div className={styles.total} data-of="failed">
        <dt>Failed</dt>
        <dd>{failed}</dd>
      </div>
    </dl>
  )
}

/** Calls `run` after `value` has changed, at most once every `REFRESH_INTERVAL_MS`. */
function useThrottled(run: () => void, value: number): void {
  const seen = useRef(value)
  const latest = useRef(run)
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null)
  latest.current = run
  useEffect(() => {
    if (seen.current === value || timer.current !== null) return
    seen.current = value
    timer.current = setTimeout(() => {
      timer.current = null
      latest.current()
    }, REFRESH_INTERVAL_MS)
  }, [value])
  useEffect(() => () => void (timer.current && clearTimeout(timer.current)), [])
}
