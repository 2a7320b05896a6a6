import type { Pace } from '../domain/pace.ts'
import { pause } from '../domain/pause.ts'
import { attemptDelivery } from '../services/attempt.ts'
import type { AttemptRecorder } from '../services/attempt-recorder.ts'
import { type DueDelivery, findDue } from '../services/due-deliveries.ts'
import type { Clock, Database, DrainTurn, SecretBox } from '../services/ports.ts'
import type { Tracing } from '../services/tracing.ts'
import type { WebhookSender } from '../services/webhook-sender.ts'

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
  secrets: SecretBox
  clock: Clock
  tracing: Tracing
  pace: Pace
}

/**
 * Sends what is due for a destination until nothing is. A delivery is on the wire until its result is
 * recorded; a crash before that means it is sent again. When its turn is over, it sends only what is urgent while the
 * wire empties.
 *
 * @returns 'done' when nothing is due, 'more' when the turn is over or was cut short before that
 */
export async function drainDestination(ports: Ports, turn: DrainTurn): Promise<'done' | 'more'> {
  const wire = createWire(ports)
  let endOfTurn = ports.clock.now() + TURN
  let startedBelow: bigint | null = null
  let looks = 0
  let late = false
  let urgentWakeups = turn.urgentWakeups()
  let overtaken = 0
  try {
    while (!turn.signal.aborted) {
      const over = ports.clock.now() >= endOfTurn
      if (over) await turn.awakeUrgently(urgentWakeups, wire.empty)
      else if (wire.hasRoom()) await wire.room()
      else await turn.awakeUrgently(urgentWakeups, wire.room)
      if (over && turn.urgentWakeups() === urgentWakeups) return 'more'
      if (wire.overtaken() > overtaken) {
        // Another worker may have the job: without this look both send everything until the next sign of life.
        overtaken = wire.overtaken()
        await turn.confirmHold()
        continue
      }
      const seen = { wakeups: turn.wakeups(), urgent: turn.urgentWakeups(), stops: wire.stops() }
      const asked = ports.clock.now()
      const look = await findDue(ports, turn.destinationId, {
        limit: wire.hasRoom() ? PAGE : CONCURRENCY,
        except: wire.ids(),
        numbered: startedBelow === null,
      })
      startedBelow ??= look.startedBelow
      late = !late && ports.clock.now() - asked > LATE
      if (late) continue
      const changed = wire.beginGeneration(look.generation)
      if (changed) endOfTurn = ports.clock.now() + TURN
      const onlyUrgent = over && !changed
      const left = await sendPage(ports, look.deliveries, { wire, turn, seen, onlyUrgent })
      // What is urgent and was not sent is read again at once, not at the next wake-up.
      urgentWakeups = left?.urgent ? seen.urgent - 1 : seen.urgent
      if (onlyUrgent || left || look.more) continue
      // A publication that found this job still queued left the wake-up to it, and may commit after our
      // look. Such a transaction had started before our first look, so once all of those have ended,
      // whatever comes brings a wake-up of its own.
      if (startedBelow !== null && look.endedBelow < startedBelow && ++looks <= LAST_LOOKS) {
        await turn.awake(seen.wakeups, () => pause(ports.clock, LOOK_PAUSE, turn.signal))
        continue
      }
      await turn.awake(seen.wakeups, () => wire.empty())
      if (turn.wakeups() === seen.wakeups) return 'done'
    }
    return 'more'
  } finally {
    await wire.empty()
  }
}

/** @returns the delivery that it stopped before, for the next look to start from there; null at the page's end */
async function sendPage(
  { clock, pace }: Pick<Ports, 'clock' | 'pace'>,
  deliveries: readonly DueDelivery[],
  {
    wire,
    turn,
    seen,
    onlyUrgent,
  }: {
    wire: Wire
    turn: DrainTurn
    seen: { urgent: number; stops: number }
    onlyUrgent: boolean
  },
): Promise<DueDelivery | null> {
  const freshUntil = clock.now() + PAGE_FRESH_FOR
  for (const delivery of deliveries) {
    const { urgent } = delivery
    if (onlyUrgent && !urgent) return delivery
    if (wire.hasRoom(urgent)) await wire.room(urgent)
    else await turn.awakeUrgently(seen.urgent, () => wire.room(urgent))
    if (!wire.hasRoom(urgent)) return delivery
    // A destination with nothing on the wire goes ahead of those that are busy.
    await pace.next({ ahead: urgent || wire.ids().length === 0 })
    if (turn.signal.aborted || clock.now() > freshUntil || wire.stops() > seen.stops) {
      return delivery
    }
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
