import { type ReactElement, useEffect, useState } from 'react'

const ABSOLUTE = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' })
const RELATIVE = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto', style: 'short' })

const UNITS: [Intl.RelativeTimeFormatUnit, seconds: number][] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
]

/** Milliseconds between two updates of a relative time. */
const UPDATE_INTERVAL_MS = 10_000

interface TimeProps {
  /** In RFC 3339. */
  value: string
  /** Shows the age, as in "2 min. ago", and the time itself on hover. Default: false. */
  relative?: boolean
}

/** Shows a time in the reader's time zone, and in UTC on hover. */
export function Time({ value, relative = false }: TimeProps): ReactElement {
  const absolute = ABSOLUTE.format(new Date(value))
  const title = relative ? `${absolute} · ${utc(value)}` : utc(value)
  return (
    <time dateTime={value} title={title}>
      {relative ? <Age value={value} /> : absolute}
    </time>
  )
}

function Age({ value }: { value: string }): string {
  const seconds = Math.min(0, (Date.parse(value) - useNow(UPDATE_INTERVAL_MS)) / 1000)
  const [unit, size] = UNITS.find(([, size]) => -seconds >= size) ?? UNITS.at(-1)!
  return RELATIVE.format(Math.round(seconds / size), unit)
}

const utc = (value: string) => `${value.replace('T', ' ').replace('Z', '')} UTC`

/** Returns the current time in milliseconds, updated every `intervalMs`. */
export function useNow(intervalMs: number): number {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), intervalMs)
    return () => clearInterval(timer)
  }, [intervalMs])
  return now
}

const SECONDS: Intl.NumberFormatOptions = { minimumFractionDigits: 2, maximumFractionDigits: 2 }

/** Formats a duration, as in "850 ms" and "5.00 s". */
export const formatDuration = (milliseconds: number): string =>
  milliseconds < 1_000
    ? `${milliseconds} ms`
    : `${(milliseconds / 1_000).toLocaleString(undefined, SECONDS)} s`
