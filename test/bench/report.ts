import { type Figure, isReached, type Target } from './benchmark.ts'
import type { Machine } from './machine.ts'

export interface Result {
  benchmark: string
  measures: string
  figures: readonly Figure[]
}

/** All that one run found. */
export interface Report {
  /** When it began: RFC 3339. */
  at: string
  /** Whether it was only a small run, whose figures say nothing. */
  quick: boolean
  machine: Machine
  results: readonly Result[]
}

/** A number with as many digits as mean something. */
export function formatNumber(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2
  return value.toLocaleString('en', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  })
}

export const formatValue = ({ value, unit }: Pick<Figure, 'value' | 'unit'>): string =>
  unit === '/s' ? `${formatNumber(value)}/s` : `${formatNumber(value)} ${unit}`.trim()

export const formatTarget = ({ bound, value }: Target, unit: string): string =>
  `${bound === 'atLeast' ? '≥' : '≤'} ${value.toLocaleString('en')}${unit === '/s' ? unit : ` ${unit}`}`

export function verdict(figure: Figure): string {
  const reached = isReached(figure)
  if (reached === null) return ''
  return reached ? 'reached' : 'not reached'
}

/** Benchmark, figure, value, target, verdict: a row for each figure. */
export const rowsOf = ({ benchmark, figures }: Result): string[][] =>
  figures.map((figure) => [
    benchmark,
    figure.name,
    formatValue(figure),
    figure.target ? formatTarget(figure.target, figure.unit) : '',
    verdict(figure),
  ])

/** For people at a terminal, with aligned columns. */
export function textTable(rows: readonly string[][]): string {
  const widths = rows.reduce<number[]>(
    (widest, row) => row.map((cell, column) => Math.max(cell.length, widest[column] ?? 0)),
    [],
  )
  const numeric = 2
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          column === numeric ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** The report as JSON, with a figure a line, and samples to a hundredth. */
export function reportJson(report: Report): string {
  const lines = report.results.map(({ figures, ...result }) => {
    const rounded = figures.map((figure) => ({
      ...figure,
      reached: isReached(figure),
      samples: figure.samples.map((sample) => Math.round(sample * 100) / 100),
    }))
    const list = rounded.map((figure) => `      ${JSON.stringify(figure)}`).join(',\n')
    return `    ${JSON.stringify(result).slice(0, -1)},"figures":[\n${list}\n    ]}`
  })
  const { results: _, ...head } = report
  const text = JSON.stringify(head, null, 2).slice(0, -2)
  return `${text},\n  "results": [\n${lines.join(',\n')}\n  ]\n}\n`
}
