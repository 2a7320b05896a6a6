import type { Failure } from '../../src/domain/failure.ts'
import { EVENTS, exampleOf } from './examples.ts'
import { idOf, minutesAgo, NOW, secondsAgo } from './scenery-rows.ts'

interface Try {
  at: Date
  durationMs: number
  code: number | null
  body?: string
  failure?: Failure
}

interface History {
  events: object[]
  deliveries: object[]
  attempts: object[]
}

/** The URLs of the destinations with a history. */
export const URLS = {
  busy: 'https://crm.example.com/webhooks/bigmind',
  struggling: 'https://warehouse.example.com/ingest',
  disabled: 'https://alerts.example.com/hooks/bigmind',
}

const DOWN = {
  code: 503,
  body: '{"error":"Down for maintenance, back at 14:00"}',
  failure: {
    code: 'HTTP_STATUS',
    message: 'Your endpoint returned 503: it is overloaded or unavailable.',
  },
} as const

/** The history of the busy, the struggling and the disabled destination. */
export function historyOf(
  organization: string,
  destinations: Record<keyof typeof URLS, string>,
): History {
  const events = EVENTS.map((type, place) => ({
    id: idOf('evt', minutesAgo(70), place),
    organization_id: organization,
    type: type.toLowerCase(),
    data: JSON.stringify(exampleOf(type).data),
    relations: JSON.stringify(exampleOf(type).relations),
    timestamp: minutesAgo(70),
    test: false,
    created_at: minutesAgo(70),
  }))
  const history: History = { events, deliveries: [], attempts: [] }
  const add = (to: keyof typeof URLS, type: string, tries: Try[], dueAt: Date | null = null) =>
    addDelivery(history, {
      organization,
      destination: destinations[to],
      url: URLS[to],
      type,
      tries,
      dueAt,
    })
  for (const [type, tries] of busyHour()) add('busy', type, tries)
  add(
    'struggling',
    'document_updated',
    [300, 298, 294, 286, 270, 238].map((seconds) => ({
      ...DOWN,
      at: secondsAgo(seconds),
      durationMs: 38,
    })),
  )
  add(
    'struggling',
    'document_generated',
    [12, 9.9, 5.8].map((seconds) => ({ ...DOWN, at: secondsAgo(seconds), durationMs: 41 })),
    new Date(NOW.getTime() + 2_250),
  )
  for (const attempt of everyFailure()) add('disabled', 'signal_action', [attempt])
  return history
}

/** 58 minutes of attempts, with failures for a quarter of an hour, and one of each event at the end. */
function busyHour(): [type: string, tries: Try[]][] {
  const hour = Array.from({ length: 58 }, (_, index) => 59 - index).flatMap((minute) => {
    const count = 6 + Math.round(4 * Math.sin(minute / 5)) + ((minute * 7) % 5)
    return Array.from({ length: count }, (_, place): [string, Try[]] => {
      const at = secondsAgo(minute * 60 - place)
      const failed = minute > 20 && minute < 34 && place % 3 !== 0
      const durationMs = 40 + ((place * 37 + minute) % 90)
      return [
        'todo_created',
        [failed ? { ...DOWN, at, durationMs } : { code: 200, at, durationMs }],
      ]
    })
  })
  const last = EVENTS.map((type, place): [string, Try[]] => [
    type.toLowerCase(),
    [
      {
        code: 200,
        at: secondsAgo(90 - place * 5),
        durationMs: 48 + ((place * 29) % 60),
        body: 'ok',
      },
    ],
  ])
  return [...hour, ...last]
}

const FAILURES: readonly (Failure & { durationMs: number })[] = [
  {
    code: 'TIMEOUT',
    message: 'Your endpoint did not respond within 5 seconds.',
    durationMs: 5_002,
  },
  { code: 'DNS', message: 'The host name could not be resolved (DNS).', durationMs: 12 },
  { code: 'CONNECTION', message: 'The receiver refused the connection.', durationMs: 3 },
  { code: 'TLS', message: 'The certificate of the receiver has expired.', durationMs: 71 },
  { code: 'BAD_RESPONSE', message: 'The receiver sent no proper answer.', durationMs: 25 },
]

const everyFailure = (): Try[] =>
  Array.from({ length: 15 }, (_, place) => {
    const at = secondsAgo(40 * 60 - place * 75)
    if (place >= 10) return { ...DOWN, at, durationMs: 35 + place }
    const { durationMs, ...failure } = FAILURES[place % FAILURES.length]!
    return { at, durationMs, code: null, failure }
  })

interface NewDelivery {
  organization: string
  destination: string
  url: string
  type: string
  tries: Try[]
  /** When the next attempt is due; null if the delivery has ended. */
  dueAt: Date | null
}

function addDelivery(
  { deliveries, attempts }: History,
  { organization, destination, url, type, tries, dueAt }: NewDelivery,
): void {
  const number = deliveries.length
  const [first, last] = [tries[0]!, tries.at(-1)!]
  const id = idOf('dlv', first.at, number)
  const ended = last.failure ? 'FAILED' : 'SUCCEEDED'
  deliveries.push({
    id,
    event_id: idOf(
      'evt',
      minutesAgo(70),
      EVENTS.findIndex((event) => event.toLowerCase() === type),
    ),
    destination_id: destination,
    status: dueAt ? 'PENDING' : ended,
    test: false,
    attempt_count: tries.length,
    attempt_base: 0,
    due_at: dueAt,
    created_at: first.at,
    completed_at: dueAt ? null : last.at,
    erased: false,
  })
  for (const [index, { at, body, code, durationMs, failure }] of tries.entries()) {
    attempts.push({
      id: idOf('att', at, number),
      delivery_id: id,
      destination_id: destination,
      organization_id: organization,
      event_type: type,
      url,
      number: index + 1,
      status: failure ? 'FAILED' : 'SUCCEEDED',
      attempted_at: at,
      duration_ms: durationMs,
      response_code: code,
      response_body: body ?? null,
      failure_code: failure?.code ?? null,
      failure_message: failure?.message ?? null,
    })
  }
}
