import { type Clock, pause } from '../concurrency/clock.ts'
import type { Pace } from '../concurrency/pace.ts'
import type { Database } from '../storage/database.ts'
import type { SecretCipher } from '../storage/secret-encryption.ts'
import type { Tracing } from '../telemetry/tracing.ts'
import { attemptDelivery } from './attempt.ts'
import { type DueDelivery, type DuePage, findDueDeliveries } from './due.ts'
import type { WebhookSender } from './http/client.ts'
import type { DrainTurn } from './queue.ts'
import type { AttemptRecorder } from './record.ts'

/**
 * Requests to one destination at a time: enough to keep a good receiver busy, few enough to spare a slow one. An
 * urgent one may go beside them. Requests that began at another URL, or before the destination was activated again, do
 * not count.
 */
const CONCURRENCY = 16
const URGENT_CONCURRENCY = CONCURRENCY + 1

/** Requests on the wire in all, however often the URL changes while they hang. */
const LARGEST_WIRE = 4 * CONCURRENCY

/** Characters of event data on the wire to one destination, beyond which no further request is begun. */
const WIRE_LENGTH = 4_000_000

/** Deliveries read at a time. */
const PAGE = 64

/**
 * Milliseconds for which a page may be sent from: by then a change of the settings must hold. That the
 * destination left ACTIVE holds at once: each result that makes room on the wire tells.
 */
const PAGE_FRESH_FOR = 250

/**
 * Milliseconds after which the answer to a look is too late: on a connection that was silent for a while it tells
 * what was due before others took over. It is asked for once more, and no more than once: a slow database is no
 * reason to send nothing at all.
 */
const LATE = 1_000

/** Milliseconds after which a destination with more to do goes to the end of the queue, so that none starves. */
const TURN = 5_000

/** Looks, `LOOK_PAUSE` ms apart, that wait for publications still to commit; what comes later is the sweep's. */
const LAST_LOOKS = 20
const LOOK_PAUSE = 10

type Ports = {
  db: Database
  recorder: AttemptRecorder
  sender: WebhookSender
  secrets: SecretCipher
  clock: Clock
  tracing: Tracing
  pace: Pace
}

/** What a drain keeps from one look to the next. */
interface Drain {
  ports: Ports
  turn: DrainTurn
  wire: Wire
  /** When the turn began, as epoch milliseconds. */
  began: number
  /** When the turn was found to be over, as epoch milliseconds; null before that. */
  overSince: number | null
  /** See `DuePage`; null before the first look. */
  startedBelow: bigint | null
  /** Looks that waited for publications still to commit. */
  lastLooks: number
  /** Whether the answer to the last look came too late. */
  isLate: boolean
  /** Urgent wake-ups that were followed by a look. */
  urgentWakeups: number
  /** Results left out that were followed by a question for the hold. */
  overtaken: number
}

/** A look, and what had happened before it. */
interface Page extends DuePage {
  seen: { wakeups: number; urgent: number; stops: number }
}

/**
 * Sends what is due for a destination until nothing is. A delivery is on the wire until its result is
 * recorded; a crash before that means it is sent again. When its turn is over, it sends only what is urgent while the
 * wire empties, for another turn at most.
 *
 * @returns 'done' when nothing is due, 'more' when the turn is over or was cut short before that
 */
export async function drainDestination(ports: Ports, turn: DrainTurn): Promise<'done' | 'more'> {
  const wire = createWire(ports)
  const drain: Drain = {
    ports,
    turn,
    wire,
    began: ports.clock.now(),
    overSince: null,
    startedBelow: null,
    lastLooks: 0,
    isLate: false,
    urgentWakeups: turn.urgentWakeups(),
    overtaken: 0,
  }
  try {
    while (!turn.signal.aborted) {
      if (await endsTurn(drain)) return 'more'
      if (await confirmsHold(drain)) continue
      const page = await readPage(drain)
      if (!page || (await sendsMore(drain, page))) continue
      if (await isDrained(drain, page)) return 'done'
    }
    return 'more'
  } finally {
    await wire.empty()
  }
}

/** Waits until something may be sent. @returns whether the turn has ended instead */
async function endsTurn(drain: Drain): Promise<boolean> {
  const { ports, turn, wire, urgentWakeups } = drain
  const { clock } = ports
  if (drain.overSince === null && !hasPassed(clock, drain.began, TURN)) {
    if (wire.hasRoom()) await wire.room()
    else await turn.awakeUrgently(urgentWakeups, wire.room)
    return false
  }
  drain.overSince ??= clock.now()
  await turn.awakeUrgently(urgentWakeups, wire.empty)
  if (turn.urgentWakeups() === urgentWakeups) return true
  if (!hasPassed(clock, drain.overSince, TURN)) return false
  // Urgent deliveries without a break would keep all others from the next turn.
  await wire.empty()
  return true
}

/** Whether a time is over, or unknown because the clock was set back meanwhile. */
function hasPassed(clock: Clock, since: number, milliseconds: number): boolean {
  const passed = clock.now() - since
  return passed < 0 || passed >= milliseconds
}

/** Asks for the hold where another worker may have the job: both would send everything until the next sign of life. */
async function confirmsHold(drain: Drain): Promise<boolean> {
  const { turn, wire } = drain
  if (wire.overtaken() === drain.overtaken) return false
  drain.overtaken = wire.overtaken()
  await turn.confirmHold()
  return true
}

/** @returns null when the answer came too late */
async function readPage(drain: Drain): Promise<Page | null> {
  const { ports, turn, wire } = drain
  const seen = { wakeups: turn.wakeups(), urgent: turn.urgentWakeups(), stops: wire.stops() }
  const asked = ports.clock.now()
  const look = await findDueDeliveries(ports, turn.destinationId, {
    limit: wire.hasRoom() ? PAGE : CONCURRENCY,
    except: wire.ids(),
    numbered: drain.startedBelow === null,
  })
  drain.startedBelow ??= look.startedBelow
  drain.isLate = !drain.isLate && ports.clock.now() - asked > LATE
  return drain.isLate ? null : { ...look, seen }
}

/** Sends a page. @returns whether there may be more to send at once */
async function sendsMore(drain: Drain, page: Page): Promise<boolean> {
  if (drain.wire.beginGeneration(page.generation)) {
    drain.began = drain.ports.clock.now()
    drain.overSince = null
  }
  const onlyUrgent = drain.overSince !== null
  const left = await sendPage(drain, page, { onlyUrgent })
  // What is urgent and was not sent is read again at once, not at the next wake-up.
  drain.urgentWakeups = left?.urgent ? page.seen.urgent - 1 : page.seen.urgent
  return onlyUrgent || left !== null || page.more
}

/**
 * A publication that found this job still queued left the wake-up to it, and may commit after our
 * look. Such a transaction had started before our first look, so once all of those have ended,
 * whatever comes brings a wake-up of its own.
 */
async function isDrained(drain: Drain, { endedBelow, seen }: Page): Promise<boolean> {
  const { turn, wire } = drain
  const mayMiss = drain.startedBelow !== null && endedBelow < drain.startedBelow
  if (mayMiss && drain.lastLooks < LAST_LOOKS) {
    drain.lastLooks += 1
    await turn.awake(seen.wakeups, () => pause(drain.ports.clock, LOOK_PAUSE, turn.signal))
    return false
  }
  await turn.awake(seen.wakeups, wire.empty)
  return turn.wakeups() === seen.wakeups
}

/** @returns the delivery that it stopped before, for the next look to start from there; null at the page's end */
async function sendPage(
  { ports: { clock, pace }, turn, wire }: Drain,
  { deliveries, seen }: Page,
  { onlyUrgent }: { onlyUrgent: boolean },
): Promise<DueDelivery | null> {
  const readAt = clock.now()
  for (const delivery of deliveries) {
    const { urgent } = delivery
    if (onlyUrgent && !urgent) return delivery
    if (wire.hasRoom(urgent)) await wire.room(urgent)
    else await turn.awakeUrgently(seen.urgent, () => wire.room(urgent))
    if (!wire.hasRoom(urgent)) return delivery
    // A destination with nothing on the wire goes ahead of those that are busy.
    await pace.next({ ahead: urgent || wire.ids().length === 0 })
    const isStale = hasPassed(clock, readAt, PAGE_FRESH_FOR) || wire.stops() > seen.stops
    if (turn.signal.aborted || isStale) return delivery
    wire.send(delivery)
  }
  return null
}

/** The deliveries of one destination that are being sent and recorded. */
interface Wire {
  send(delivery: DueDelivery): void
  ids(): string[]
  /** How many results so far found the destination not ACTIVE any more, or were left out. */
  stops(): number
  /** How many results so far were left out, since the delivery had been attempted otherwise. */
  overtaken(): number
  /**
   * What is sent from here on goes to another URL, or under another activation: what is on the wire holds no room for it.
   * @returns whether that is news
   */
  beginGeneration(name: string | null): boolean
  hasRoom(urgent?: boolean): boolean
  /** Resolves when one more may be sent; rejects with what went wrong on our side. */
  room(urgent?: boolean): Promise<void>
  /** Resolves when all are recorded; rejects with what went wrong on our side. */
  empty(): Promise<void>
}

/** What is on the wire to one URL, under one activation. */
interface Generation {
  name: string | null
  count: number
  /** Characters of event data. */
  length: number
}

function createWire(ports: Ports): Wire {
  const sending = new Map<string, Promise<void>>()
  let generation: Generation = { name: null, count: 0, length: 0 }
  let stops = 0
  let overtaken = 0
  let fault: { error: unknown } | null = null
  let left = Promise.withResolvers<void>()

  async function send(delivery: DueDelivery, mine: Generation): Promise<void> {
    mine.count += 1
    mine.length += delivery.data.length
    try {
      const end = await ports.recorder.record(await attemptDelivery(ports, delivery))
      if (end !== 'active') stops += 1
      if (end === 'overtaken') overtaken += 1
    } catch (error) {
      fault ??= { error }
    } finally {
      sending.delete(delivery.id)
      mine.count -= 1
      mine.length -= delivery.data.length
      left.resolve()
      left = Promise.withResolvers()
    }
  }

  async function until(free: () => boolean): Promise<void> {
    while (!free()) await left.promise
    if (fault) throw fault.error
  }

  function hasRoom(urgent = false): boolean {
    const { count, length } = generation
    if (sending.size >= LARGEST_WIRE) return false
    return urgent ? count < URGENT_CONCURRENCY : count < CONCURRENCY && length < WIRE_LENGTH
  }

  return {
    send: (delivery) => void sending.set(delivery.id, send(delivery, generation)),
    ids: () => [...sending.keys()],
    stops: () => stops,
    overtaken: () => overtaken,
    beginGeneration(name) {
      const { name: before } = generation
      if (name === null || name === before) return false
      generation = { name, count: 0, length: 0 }
      return before !== null
    },
    hasRoom,
    room: (urgent) => until(() => hasRoom(urgent)),
    empty: () => until(() => sending.size === 0),
  }
}
