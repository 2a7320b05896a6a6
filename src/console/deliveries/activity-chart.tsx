import type { ReactElement } from 'react'
import type { DeliveryActivityQuery } from '../generated/graphql.ts'
import styles from './activity-chart.module.css'

type Buckets = NonNullable<DeliveryActivityQuery['destination']>['attemptHistogram']
type Bucket = Buckets[number]

interface ActivityChartProps {
  /** One for each minute, oldest first. */
  buckets: Buckets
  /** What the chart shows, for screen readers. */
  label: string
}

const CLOCK = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' })

/** The scale ends at this number of attempts or above it, so that one attempt does not fill the chart. */
const MIN_SCALE_ATTEMPTS = 4

/** Distances between the lines of the scale. */
const STEPS = [1, 2, 5].flatMap((digit) => [0, 1, 2, 3, 4, 5].map((zeros) => digit * 10 ** zeros))
const MAX_LINES = 4

/** Minutes between two labels below the chart, on a wide and on a narrow screen. */
const LABEL_MINUTES = 5
const NARROW_LABEL_MINUTES = 15

/** Draws a bar for each minute: failed attempts above succeeded ones. Pointing at a bar shows its numbers. */
export function ActivityChart({ buckets, label }: ActivityChartProps): ReactElement {
  const { step, end } = scaleOf(buckets)
  const width = 100 / buckets.length
  return (
    <div className={styles.frame}>
      <svg className={styles.plot} role="img" aria-label={label}>
        {Array.from({ length: end / step + 1 }, (_, line) => line * step).map((count) => (
          <ScaleLine key={count} count={count} y={`${100 - (100 * count) / end}%`} />
        ))}
        {buckets.map((bucket, index) => (
          <Bar key={bucket.start} bucket={bucket} left={index * width} width={width} end={end} />
        ))}
      </svg>
    </div>
  )
}

function scaleOf(buckets: Buckets): { step: number; end: number } {
  const totals = buckets.map(({ succeeded, failed }) => succeeded + failed)
  const highest = Math.max(MIN_SCALE_ATTEMPTS, ...totals)
  const ascending = STEPS.toSorted((one, other) => one - other)
  const step = ascending.find((size) => highest / size <= MAX_LINES) ?? highest
  return { step, end: step * Math.ceil(highest / step) }
}

const ScaleLine = ({ count, y }: { count: number; y: string }): ReactElement => (
  <>
    <line className={styles.line} x1="0" x2="100%" y1={y} y2={y} />
    <text className={styles.count} x="-8" y={y} dy="0.32em">
      {count.toLocaleString()}
    </text>
  </>
)

interface BarProps {
  bucket: Bucket
  /** Percent of the chart's width, as `width`. */
  left: number
  width: number
  /** The count at the top of the chart. */
  end: number
}

function Bar({ bucket, left, width, end }: BarProps): ReactElement {
  const { start, succeeded, failed } = bucket
  const time = CLOCK.format(Date.parse(start))
  const minute = new Date(start).getMinutes()
  const shape = { x: `${left + width * 0.15}%`, width: `${width * 0.7}%` }
  const good = (100 * succeeded) / end
  const bad = (100 * failed) / end
  return (
    <g className={styles.minute}>
      <title>{`${time}: ${succeeded.toLocaleString()} succeeded, ${failed.toLocaleString()} failed`}</title>
      <rect className={styles.column} x={`${left}%`} width={`${width}%`} height="100%" />
      <rect className={styles.bad} {...shape} y={`${100 - good - bad}%`} height={`${bad}%`} />
      <rect className={styles.good} {...shape} y={`${100 - good}%`} height={`${good}%`} />
      {minute % LABEL_MINUTES === 0 && (
        <text
          className={minute % NARROW_LABEL_MINUTES === 0 ? styles.time : styles.wideTime}
          x={`${left + width / 2}%`}
          y="100%"
          dy="18"
        >
          {time}
        </text>
      )}
    </g>
  )
}
