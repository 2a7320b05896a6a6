import { type ReactElement, useEffect, useRef } from 'react'
import UPlot from 'uplot'
import type { DeliveryActivityQuery } from '../generated/graphql.ts'
import { useHostPage } from '../host-page.ts'
import '../styles/uplot.css'
import styles from './activity-chart.module.css'

type Buckets = NonNullable<DeliveryActivityQuery['destination']>['attemptHistogram']

const CLOCK = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' })

/** A bar a minute, what failed above what succeeded. The numbers stand above it as text. */
export function ActivityChart({ buckets }: { buckets: Buckets }): ReactElement {
  const { theme } = useHostPage()
  const frame = useRef<HTMLDivElement>(null)
  const plot = useRef<UPlot | null>(null)
  const shown = useRef(buckets)
  shown.current = buckets

  useEffect(() => {
    const element = frame.current!
    const draw = () => {
      plot.current?.destroy()
      plot.current = new UPlot(optionsFor(element), dataOf(shown.current), element)
    }
    draw()
    const resizing = new ResizeObserver(() => {
      const { width, height } = sizeOf(element)
      if (plot.current?.width !== width) plot.current?.setSize({ width, height })
    })
    resizing.observe(element)
    // The canvas does not follow the theme by itself.
    const scheme = matchMedia('(prefers-color-scheme: dark)')
    scheme.addEventListener('change', draw)
    const unsubscribe = theme.subscribe(draw)
    return () => {
      resizing.disconnect()
      scheme.removeEventListener('change', draw)
      unsubscribe()
      plot.current?.destroy()
    }
  }, [theme])
  useEffect(() => plot.current?.setData(dataOf(buckets)), [buckets])

  const total = (of: 'succeeded' | 'failed') => buckets.reduce((sum, bucket) => sum + bucket[of], 0)
  return (
    <div
      ref={frame}
      role="img"
      aria-label={`Attempts by the minute over the last hour: ${total('succeeded')} succeeded, ${total('failed')} failed`}
      className={styles.frame}
    >
      <span className={styles.good} />
      <span className={styles.bad} />
      <span className={styles.axis} />
      <span className={styles.grid} />
    </div>
  )
}

const dataOf = (buckets: Buckets): UPlot.AlignedData => [
  buckets.map(({ start }) => Date.parse(start) / 1000),
  buckets.map(({ succeeded, failed }) => succeeded + failed),
  buckets.map(({ succeeded }) => succeeded),
]

const sizeOf = (element: HTMLElement) => ({
  width: element.clientWidth,
  height: element.clientHeight,
})

/** Least of the upper end, so that a single attempt does not fill the chart. */
const LEAST = 4

/** In seconds. */
const HALF_MINUTE = 30

function optionsFor(element: HTMLElement): UPlot.Options {
  const colorOf = (part: string) =>
    getComputedStyle(element.querySelector(`.${styles[part]}`)!).color
  const [good, bad, axis, grid] = ['good', 'bad', 'axis', 'grid'].map(colorOf)
  const bars = UPlot.paths.bars!({ size: [0.7, 14], radius: 0.15 })
  const style = { stroke: axis!, font: `12px ${getComputedStyle(element).fontFamily}` }
  return {
    ...sizeOf(element),
    legend: { show: false },
    cursor: { show: false },
    // On the right there is room for half of the last label.
    padding: [8, 18, 0, 0],
    scales: {
      // Bars stand on the middle of their minute: half of one at either end.
      x: { range: (_plot, low, high) => [low - HALF_MINUTE, high + HALF_MINUTE] },
      y: { range: (_plot, _low, high) => [0, Math.max(LEAST, Math.ceil((high ?? 0) * 1.1))] },
    },
    axes: [
      {
        ...style,
        grid: { show: false },
        ticks: { show: false },
        size: 26,
        space: 72,
        values: (_plot, splits) => splits.map((second) => CLOCK.format(second * 1000)),
      },
      {
        ...style,
        size: 40,
        grid: { stroke: grid!, width: 1 },
        ticks: { show: false },
        incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 50_000],
        values: (_plot, splits) => splits.map((count) => count.toLocaleString()),
      },
    ],
    series: [
      {},
      { stroke: bad!, fill: bad!, width: 0, paths: bars, points: { show: false } },
      { stroke: good!, fill: good!, width: 0, paths: bars, points: { show: false } },
    ],
  }
}
