import * as echarts from 'echarts'
import { type Figure, isReached } from './benchmark.ts'
import { formatTarget, formatValue, type Report, type Result } from './report.ts'
import { percentile } from './statistics.ts'

const WIDTH = 960
const ROW = 24
const CURVES = 300

/** Beyond so many times its target a bar is cut off. */
const MOST = 16

/** Readable on its own ground, whatever the page's colour is, and told apart by the colour-blind. */
const INK = '#1f2933'
const FAINT = '#d9dee4'
const REACHED = '#0072b2'
const MISSED = '#d55e00'
const LINES = ['#0072b2', '#009e73', '#cc79a7', '#e69f00']

/** Figures against their targets, and below how long events and attempts take. */
export function plot({ results }: Report): string {
  const bars = results.flatMap((result) => barsOf(result)).reverse()
  const height = 130 + bars.length * ROW + CURVES
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height })
  const split = 80 + bars.length * ROW
  chart.setOption({
    animation: false,
    backgroundColor: '#ffffff',
    textStyle: { fontFamily: 'system-ui, sans-serif', color: INK },
    title: [
      title('How many times better than its target', 14),
      title('How long it takes, by share of events', split + 30),
    ],
    grid: [
      { left: 310, right: 190, top: 50, height: bars.length * ROW },
      { left: 70, right: 250, top: split + 75, height: CURVES - 90 },
    ],
    legend: {
      type: 'plain',
      orient: 'vertical',
      right: 10,
      top: split + 75,
      textStyle: { color: INK },
      data: curvesOf(results).map(({ name }) => name),
    },
    ...axes(bars),
    series: [barSeries(bars), ...curvesOf(results)],
  })
  const svg = chart.renderToSVGString()
  chart.dispose()
  return `${svg}\n`
}

const title = (text: string, top: number) => ({
  text,
  top,
  left: 10,
  textStyle: { fontSize: 15, fontWeight: 600, color: INK },
})

interface Bar {
  name: string
  label: string
  /** Above 1 when it is reached. */
  times: number
  reached: boolean
}

const barsOf = ({ benchmark, figures }: Result): Bar[] =>
  figures.flatMap((figure) => {
    const { name, value, unit, target } = figure
    if (!target) return []
    // A memory that shrinks, or a request that is faster than its answer, is as good as can be shown.
    const least = target.value / MOST
    const times =
      target.bound === 'atLeast'
        ? Math.min(value / target.value, MOST)
        : target.value / Math.max(value, least)
    const label = `${formatValue(figure)}  (${formatTarget(target, unit)})`
    return [{ name: `${benchmark}: ${name}`, label, times, reached: isReached(figure) === true }]
  })

function axes(bars: readonly Bar[]) {
  const line = { lineStyle: { color: FAINT } }
  const text = { color: INK, fontSize: 12 }
  const lowest = Math.min(0.5, ...bars.map(({ times }) => times))
  return {
    xAxis: [
      {
        gridIndex: 0,
        type: 'log',
        min: 2 ** Math.floor(Math.log2(lowest)),
        max: 2 * MOST,
        logBase: 2,
        splitLine: line,
        axisLabel: { ...text, formatter: '{value}×' },
      },
      {
        gridIndex: 1,
        type: 'category',
        data: SHARES.map((share) => `${share * 100}%`),
        axisLabel: text,
        axisLine: line,
        boundaryGap: false,
      },
    ],
    yAxis: [
      {
        gridIndex: 0,
        type: 'category',
        data: bars.map(({ name }) => name),
        axisLabel: text,
        axisTick: { show: false },
        axisLine: line,
      },
      {
        gridIndex: 1,
        type: 'log',
        axisLabel: { ...text, formatter: '{value} ms' },
        splitLine: line,
      },
    ],
  }
}

const barSeries = (bars: readonly Bar[]) => ({
  type: 'bar',
  xAxisIndex: 0,
  yAxisIndex: 0,
  barWidth: 12,
  data: bars.map(({ times, label, reached }) => ({
    value: times,
    itemStyle: { color: reached ? REACHED : MISSED },
    label: { show: true, position: 'right', formatter: label, color: INK, fontSize: 12 },
  })),
  markLine: {
    symbol: 'none',
    silent: true,
    data: [{ xAxis: 1 }],
    lineStyle: { color: INK, type: 'solid', width: 1.5 },
    label: { formatter: 'target', color: INK, position: 'end' },
  },
})

/** The shares whose limits are drawn. */
const SHARES = [0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999]

/** What is drawn as a curve, by benchmark and figure. */
const CURVE_NAMES: Record<string, string> = {
  'latency p99 from the call': 'publish to receiver',
  'backlog p99 to others': 'the same behind a backlog',
  'backlog p99 to others during drains': 'the same during drains',
  'feed recorded to received, p99': 'commit to subscriber',
}

function curvesOf(results: readonly Result[]) {
  const drawn = results.flatMap(({ benchmark, figures }) =>
    figures.flatMap((figure: Figure) => {
      const name = CURVE_NAMES[`${benchmark} ${figure.name}`]
      return name ? [{ name, samples: figure.samples }] : []
    }),
  )
  return drawn.map(({ name, samples }, index) => ({
    type: 'line',
    name,
    xAxisIndex: 1,
    yAxisIndex: 1,
    symbolSize: 6,
    color: LINES[index],
    lineStyle: { width: 2 },
    data: SHARES.map((share) => Math.max(0.1, percentile(samples, share))),
  }))
}
