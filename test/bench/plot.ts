import { isReached } from './benchmark.ts'
import { formatTarget, formatValue, type Report, type Result } from './report.ts'
import { percentile } from './statistics.ts'

const WIDTH = 960
const ROW_HEIGHT = 24
const TOP = 50
const BARS = { left: 310, right: WIDTH - 190 }
const CURVES = { left: 70, right: WIDTH - 250, height: 210 }

/** A bar ends at this multiple of its target. */
const MAX_TIMES = 16

/** The shortest duration in milliseconds that a curve shows. */
const MIN_MS = 0.1

/** The colors are readable on any page, because the plot has its own background, and distinct for the color-blind. */
const INK = '#1f2933'
const FAINT = '#d9dee4'
const REACHED = '#0072b2'
const MISSED = '#d55e00'
const LINES = ['#0072b2', '#009e73', '#cc79a7', '#e69f00']

/** Draws the figures relative to their targets, and below them how long events and attempts take. Returns an SVG. */
export function plot({ results }: Report): string {
  const bars = results.flatMap(barsOf)
  const curves = results.flatMap(curvesOf)
  const split = TOP + bars.length * ROW_HEIGHT + 40
  const height = split + TOP + CURVES.height + 40
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="12" fill="${INK}">`,
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    title('How many times better than its target', 26),
    ...barChart(bars),
    title('How long it takes, by share of events', split + 26),
    ...curveChart(curves, split + TOP),
    '</svg>\n',
  ].join('\n')
}

interface Bar {
  name: string
  label: string
  /** Above 1 if the target is reached. */
  times: number
  reached: boolean
}

const barsOf = ({ benchmark, figures }: Result): Bar[] =>
  figures.flatMap((figure) => {
    const { name, value, unit, target } = figure
    if (!target) return []
    // A value of zero or below, such as memory that shrinks, would divide by zero: it gets the longest bar.
    const times =
      target.bound === 'atLeast'
        ? Math.min(value / target.value, MAX_TIMES)
        : target.value / Math.max(value, target.value / MAX_TIMES)
    const label = `${formatValue(figure)}  (${formatTarget(target, unit)})`
    return [{ name: `${benchmark}: ${name}`, label, times, reached: isReached(figure) === true }]
  })

function barChart(bars: readonly Bar[]): string[] {
  const first = Math.floor(Math.log2(Math.min(0.5, ...bars.map(({ times }) => times))))
  const last = Math.log2(2 * MAX_TIMES)
  const x = (times: number) =>
    BARS.left + ((Math.log2(times) - first) / (last - first)) * (BARS.right - BARS.left)
  const bottom = TOP + bars.length * ROW_HEIGHT
  const powers = Array.from({ length: last - first + 1 }, (_, index) => 2 ** (first + index))
  return [
    ...powers.flatMap((times) => [
      line([x(times), TOP], [x(times), bottom], FAINT),
      text(`${times}×`, [x(times), bottom + 16], 'middle'),
    ]),
    ...bars.flatMap(({ name, label, times, reached }, index) => {
      const y = TOP + (index + 0.5) * ROW_HEIGHT
      const end = x(times)
      const color = reached ? REACHED : MISSED
      return [
        text(name, [BARS.left - 8, y + 4], 'end'),
        `<rect x="${round(Math.min(x(1), end))}" y="${y - 6}" width="${round(Math.abs(end - x(1)))}" height="12" fill="${color}"/>`,
        text(label, [Math.max(x(1), end) + 5, y + 4], 'start'),
      ]
    }),
    line([x(1), TOP], [x(1), bottom], INK),
    text('target', [x(1), TOP - 6], 'middle'),
  ]
}

/** The shares of events whose durations are drawn. */
const SHARES = [0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999]

/** What is drawn as a curve, by benchmark and figure. */
const CURVE_NAMES: Record<string, string> = {
  'latency p99 from the call': 'publish to receiver',
  'backlog p99 to others': 'the same behind a backlog',
  'backlog p99 to others during drains': 'the same during drains',
  'feed recorded to received, p99': 'commit to subscriber',
}

interface Curve {
  name: string
  /** Milliseconds, one for each of `SHARES`. */
  durations: number[]
}

const curvesOf = ({ benchmark, figures }: Result): Curve[] =>
  figures.flatMap((figure) => {
    const name = CURVE_NAMES[`${benchmark} ${figure.name}`]
    if (!name) return []
    const durations = SHARES.map((share) => Math.max(MIN_MS, percentile(figure.samples, share)))
    return [{ name, durations }]
  })

function curveChart(curves: readonly Curve[], top: number): string[] {
  const all = curves.flatMap(({ durations }) => durations)
  const first = Math.floor(Math.log10(Math.min(1, ...all)))
  const last = Math.ceil(Math.log10(Math.max(10, ...all)))
  const x = (index: number) =>
    CURVES.left + (index / (SHARES.length - 1)) * (CURVES.right - CURVES.left)
  const y = (duration: number) =>
    top + CURVES.height * (1 - (Math.log10(duration) - first) / (last - first))
  const powers = Array.from({ length: last - first + 1 }, (_, index) => first + index)
  return [
    ...powers.flatMap((power) => [
      line([CURVES.left, y(10 ** power)], [CURVES.right, y(10 ** power)], FAINT),
      text(
        `${(10 ** power).toLocaleString('en')} ms`,
        [CURVES.left - 8, y(10 ** power) + 4],
        'end',
      ),
    ]),
    ...SHARES.map((share, index) =>
      text(`${share * 100}%`, [x(index), top + CURVES.height + 18], 'middle'),
    ),
    ...curves.flatMap(({ name, durations }, index) => {
      const points = durations.map((duration, place) => [x(place), y(duration)] as const)
      const color = LINES[index % LINES.length]
      return [
        `<polyline points="${points.map(([left, height]) => `${round(left)},${round(height)}`).join(' ')}" fill="none" stroke="${color}" stroke-width="2"/>`,
        ...points.map(
          ([left, height]) =>
            `<circle cx="${round(left)}" cy="${round(height)}" r="3" fill="${color}"/>`,
        ),
        `<rect x="${CURVES.right + 30}" y="${top + index * 22}" width="18" height="4" fill="${color}"/>`,
        text(name, [CURVES.right + 56, top + index * 22 + 7], 'start'),
      ]
    }),
  ]
}

type Point = readonly [x: number, y: number]

const round = (value: number) => Math.round(value * 10) / 10

const title = (content: string, y: number) =>
  `<text x="10" y="${y}" font-size="15" font-weight="600">${escapeXml(content)}</text>`

const text = (content: string, [x, y]: Point, anchor: 'start' | 'middle' | 'end') =>
  `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}">${escapeXml(content)}</text>`

const line = ([x1, y1]: Point, [x2, y2]: Point, color: string) =>
  `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" stroke="${color}"/>`

const escapeXml = (content: string) =>
  content.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`)
