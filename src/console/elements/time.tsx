import { type ReactElement, useEffect, useState } from 'react'

const MOMENT = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' })
const AGO = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto', style: 'short' })

const UNITS: [Intl.RelativeTimeFormatUnit, seconds: number][] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
]

interface TimeProps {
  /** In RFC 3339. */
  value: string
  /** Says how long ago, as in "2 min. ago"; the moment itself is on hover. */
  relative?: boolean
}

/** A moment in the reader's zone; in UTC on hover. */
export function Time({ value, relative = false }: TimeProps): ReactElement {
  const moment = MOMENT.format(new Date(value))
  const title = relative ? `${moment} · ${utc(value)}` : utc(value)
  return (
    <time dateTime={value} title={title}>
      {relative ? <Ago value={value} /> : moment}
    </time>
  )
}

function Ago({ value }: { value: string }): string {
  const seconds = Math.min(0, (Date.parse(value) - useNow(10_000)) / 1000)
  const [unit, size] = UNITS.find(([, size]) => -seconds >= size) ?? UNITS.at(-1)!
  return AGO.format(Math.round(seconds / size), unit)
}

const utc = (value: string) => `${value.replace('T', ' ').replace('Z', '')} UTC`

/** The current time in milliseconds, anew every so many of them. */
export function useNow(every: number): number {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), every)
    return () => clearInterval(timer)
  }, [every])
  return now
}
