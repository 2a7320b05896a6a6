import { lazy, type ReactElement, Suspense, useEffect, useRef } from 'react'
import { useQuery } from 'urql'
import { Failure } from '../elements/banner.tsx'
import { Section } from '../elements/section.tsx'
import { useNow } from '../elements/time.tsx'
import styles from './delivery-activity.module.css'
import { DeliveryActivityDocument } from './operations.ts'

const ActivityChart = lazy(async () => ({
  default: (await import('./activity-chart.tsx')).ActivityChart,
}))

interface DeliveryActivityProps {
  id: string
  /** How many attempts came live: each further one changes the counts. */
  arrived: number
}

/** At most one look at the counts in so many milliseconds, however many attempts come. */
const LOOK_EVERY = 2_000

const MINUTE = 60_000

/** Successes and failures of the last hour, minute by minute. */
export function DeliveryActivity({ id, arrived }: DeliveryActivityProps): ReactElement {
  const [{ data, error }, execute] = useQuery({
    query: DeliveryActivityDocument,
    variables: { id },
    requestPolicy: 'cache-and-network',
  })
  const refresh = () => execute({ requestPolicy: 'network-only' })
  useThrottled(refresh, arrived)
  useThrottled(refresh, Math.floor(useNow(MINUTE / 2) / MINUTE))
  const buckets = data?.destination?.attemptHistogram ?? null
  const total = (of: 'succeeded' | 'failed') =>
    (buckets ?? []).reduce((sum, bucket) => sum + bucket[of], 0)
  return (
    <Section
      title="Last hour"
      actions={buckets && <Totals succeeded={total('succeeded')} failed={total('failed')} />}
    >
      {error && <Failure title="The counts could not be loaded" error={error} onRetry={refresh} />}
      <div className={styles.chart} aria-busy={!buckets && !error}>
        <Suspense fallback={<span aria-busy="true" />}>
          {buckets && <ActivityChart buckets={buckets} />}
        </Suspense>
      </div>
    </Section>
  )
}

function Totals({ succeeded, failed }: { succeeded: number; failed: number }): ReactElement {
  return (
    <dl className={styles.totals}>
      <div className={styles.total} data-of="succeeded">
        <dt>Succeeded</dt>
        <dd>{succeeded.toLocaleString()}</dd>
      </div>
      <div className={styles.total} data-of="failed">
        <dt>Failed</dt>
        <dd>{failed.toLocaleString()}</dd>
      </div>
    </dl>
  )
}

/** Runs when `change` is another than before, but not more often than `LOOK_EVERY`. */
function useThrottled(run: () => void, change: number): void {
  const seen = useRef(change)
  const latest = useRef(run)
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null)
  latest.current = run
  useEffect(() => {
    if (seen.current === change || timer.current !== null) return
    seen.current = change
    timer.current = setTimeout(() => {
      timer.current = null
      latest.current()
    }, LOOK_EVERY)
  }, [change])
  useEffect(() => () => void (timer.current && clearTimeout(timer.current)), [])
}
