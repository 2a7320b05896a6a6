import { styleText } from 'node:util'
import type { DemoDeliveryAttemptedSubscription } from '../../generated/graphql/graphql.ts'

export type Attempt = DemoDeliveryAttemptedSubscription['deliveryAttempted']

type Style = Parameters<typeof styleText>[0]

/** Styles text if the output is a terminal that supports it. */
const paint = (style: Style, text: string) =>
  styleText(style, text, { stream: process.stdout, validateStream: true })

export function heading(): string {
  const columns = row(['TIME', 'EVENT', 'DESTINATION', 'CODE', 'RETRY', 'DURATION'])
  return paint('dim', columns)
}

/** Formats an attempt as a line. */
export function attemptLine(attempt: Attempt): string {
  const code = attempt.responseCode?.toString() ?? 'none'
  const line = row([
    attempt.attemptedAt.slice(11, 23),
    attempt.eventType.toLowerCase(),
    attempt.destination.name,
    code,
    attempt.retryCount === 0 ? '' : `${attempt.retryCount}`,
    `${attempt.durationMs} ms`,
  ])
  const mark = attempt.status === 'SUCCEEDED' ? paint('green', '✓') : paint('red', '✗')
  const coloured = attempt.status === 'SUCCEEDED' ? line : paint('red', line)
  return `${mark} ${coloured}`.trimEnd()
}

const WIDTHS = [14, 28, 20, 6, 6, 8]

const row = (cells: readonly string[]) =>
  cells
    .map((cell, index) => cell.padEnd(WIDTHS[index] ?? 0))
    .join('')
    .trimEnd()

export const success = (text: string) => paint(['bold', 'green'], text)
export const failure = (text: string) => paint(['bold', 'red'], text)
export const bold = (text: string) => paint('bold', text)
export const dim = (text: string) => paint('dim', text)
