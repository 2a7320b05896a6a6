import { type Clock, pause } from '../concurrency/clock.ts'
import { runFor } from '../concurrency/owner.ts'
import type { Pace } from '../concurrency/pace.ts'
import type { Shares } from '../concurrency/shares.ts'
import type { Database } from '../storage/database.ts'
import type { AttemptPorts } from './attempt.ts'
import { type DueDelivery, type DuePage, findDueDeliveries, MAX_PAGE_LENGTH } from './due.ts'
import { InFlight, lengthOf, MAX_CONCURRENT_REQUESTS } from './in-flight.ts'
import type { AttemptRecorder } from './record.ts'
import type { DrainTurn } from './turns/turn.ts'

/** Due deliveries read with one query. */
const PAGE_SIZE = 64

/**
 * Milliseconds for which the deliveries of a page may be sent: a changed setting takes effect within that time. A
 * destination that leaves ACTIVE takes effect at once, as the next recorded result reports it.
 */
const PAGE_LIFETIME_MS = 250

/**
 * Milliseconds after which a page is discarded: if the connection was silent for a while, other workers may have sent its
 * deliveries. The page is read again once and then used, so that a slow database does not stop deliveries.
 */
const PAGE_TIMEOUT_MS = 1_000

/** Milliseconds after which a destination with more due deliveries goes to the end of the queue, so that none starves. */
const TURN_LIMIT_MS = 5_000

/** How often, and how many milliseconds apart, a drain waits for uncommitted publications. The sweep sends later ones. */
const MAX_FINAL_READS = 20
const FINAL_READ_INTERVAL_MS = 10

export type DrainPorts = AttemptPorts & {
  db: Database
  recorder: AttemptRecorder
  clock: Clock
  pace: Pace
  /** The characters of events in memory, shared by organizations. */
  memory: Shares
}

interface Drain {
  ports: DrainPorts
  turn: DrainTurn
  inFlight: InFlight
  /** When the turn began, in epoch milliseconds. */
  startedAt: number
  /** When the time of the turn was over, in epoch milliseconds; null before that. */
  overSince: number | null
  /** See `DuePage`; null before the first page. */
  startedBelow: bigint | null
  /** How often the drain has waited for uncommitted publications. */
  finalReads: number
  /** Whether the last page was discarded because it took too long. */
  isLate: boolean
  /** The number of urgent wake-ups after which a page was read. */
  urgentWakeups: number
  /** The number of overtaken results after which the job was confirmed. */
  overtaken: number
}

/** A page, and the counters of the moment before it was read. */
interface Page extends DuePage {
  seen: { wakeups: number; urgent: number; inactive: number }
}

/**
 * Sends the due deliveries of a destination until there are none. A delivery is PENDING until its result is recorded, so
 * after a crash it is sent again. When the time of the turn is over, only urgent deliveries are sent, for one more turn at
 * most, while the requests in flight end.
 * @returns 'done' when nothing is due, 'more' when the turn ended or was aborted before that
 */
export async function drainDestination(
  ports: DrainPorts,
  turn: DrainTurn,
): Promise<'done' | 'more'> {
  const inFlight = new InFlight(ports, turn.organizationId)
  const drain: Drain = {
    ports,
    turn,
    inFlight,
    startedAt: ports.clock.now(),
    overSince: null,
    startedBelow: null,
    finalReads: 0,
    isLate: false,
    urgentWakeups: turn.urgentWakeups(),
    overtaken: 0,
  }
  try {
    while (!turn.signal.aborted) {
      if (await isTurnOver(drain)) return 'more'
      if (await confirmJob(drain)) continue
      const page = await readPage(drain)
      if (!page || (await sendsMore(drain, page))) continue
      if (await isDrained(drain, page)) return 'done'
    }
    return 'more'
  } finally {
    await inFlight.empty()
  }
}

/** Waits until a request may begin. @returns whether the turn is over instead */
async function isTurnOver(drain: Drain): Promise<boolean> {
  const { ports, turn, inFlight, urgentWakeups } = drain
  const { clock } = ports
  if (drain.overSince === null && !hasPassed(clock, drain.startedAt, TURN_LIMIT_MS)) {
    if (inFlight.hasRoom()) await inFlight.room()
    else await turn.awaitUrgentWakeup(urgentWakeups, () => inFlight.room())
    return false
  }
  drain.overSince ??= clock.now()
  await turn.awaitUrgentWakeup(urgentWakeups, () => inFlight.empty())
  if (turn.urgentWakeups() === urgentWakeups) return true
  if (!hasPassed(clock, drain.overSince, TURN_LIMIT_MS)) return false
  // Continuous urgent deliveries must not keep the others from the next turn.
  await inFlight.empty()
  return true
}

/** Whether the time has passed. True also when the clock was set back, so that the time is unknown. */
function hasPassed(clock: Clock, since: number, milliseconds: number): boolean {
  const passed = clock.now() - since
  return passed < 0 || passed >= milliseconds
}

/**
 * Confirms the job after an overtaken result, which means that another worker may have it: until the next heartbeat both
 * would send every delivery.
 * @returns whether it was confirmed now
 */
async function confirmJob(drain: Drain): Promise<boolean> {
  const { turn, inFlight } = drain
  if (inFlight.overtaken === drain.overtaken) return false
  drain.overtaken = inFlight.overtaken
  await turn.confirmJob()
  return true
}

/**
 * Reads a page when the organization has its share of the memory, which `sendPage` and the requests give back.
 * @returns null when the page is discarded because reading it took too long or the turn was aborted
 */
async function readPage(drain: Drain): Promise<Page | null> {
  const { turn } = drain
  const { memory } = drain.ports
  await turn.wait(memory.acquire(turn.organizationId, MAX_PAGE_LENGTH))
  let unused = MAX_PAGE_LENGTH
  try {
    // Deliveries have a share of the database connections that queries of the organization do not use.
    const owner = `${turn.organizationId} deliveries`
    const page = turn.signal.aborted ? null : await runFor(owner, () => readDue(drain))
    for (const delivery of page?.deliveries ?? []) unused -= lengthOf(delivery)
    return page
  } finally {
    memory.release(turn.organizationId, unused)
  }
}

async function readDue(drain: Drain): Promise<Page | null> {
  const { ports, turn, inFlight } = drain
  const { clock } = ports
  const seen = {
    wakeups: turn.wakeups(),
    urgent: turn.urgentWakeups(),
    inactive: inFlight.inactive,
  }
  const requestedAt = clock.now()
  const page = await findDueDeliveries(ports, turn.destinationId, {
    limit: inFlight.hasRoom() ? PAGE_SIZE : MAX_CONCURRENT_REQUESTS,
    except: inFlight.ids,
    numbered: drain.startedBelow === null,
  })
  drain.startedBelow ??= page.startedBelow
  drain.isLate = !drain.isLate && clock.now() - requestedAt > PAGE_TIMEOUT_MS
  return drain.isLate ? null : { ...page, seen }
}

/** Sends a page. @returns whether more may be due at once */
async function sendsMore(drain: Drain, page: Page): Promise<boolean> {
  if (drain.inFlight.beginGeneration(page.generation)) {
    drain.startedAt = drain.ports.clock.now()
    drain.overSince = null
  }
  const onlyUrgent = drain.overSince !== null
  const unsent = await sendPage(drain, page, { onlyUrgent })
  // An urgent delivery that was not sent is read again at once instead of after the next wake-up.
  drain.urgentWakeups = unsent?.urgent ? page.seen.urgent - 1 : page.seen.urgent
  return onlyUrgent || unsent !== null || page.more
}

/**
 * Whether nothing more can become due without a new job. A publication that found this job still queued added none, and may
 * commit after the page was read. Its transaction started before the first page, so the drain waits until all transactions
 * of that time have ended.
 */
async function isDrained(drain: Drain, { endedBelow, seen }: Page): Promise<boolean> {
  const { turn, inFlight } = drain
  const { clock } = drain.ports
  const mayMiss = drain.startedBelow !== null && endedBelow < drain.startedBelow
  if (mayMiss && drain.finalReads < MAX_FINAL_READS) {
    drain.finalReads += 1
    await turn.awaitWakeup(seen.wakeups, () => pause(clock, FINAL_READ_INTERVAL_MS, turn.signal))
    return false
  }
  await turn.awaitWakeup(seen.wakeups, () => inFlight.empty())
  return turn.wakeups() === seen.wakeups
}

/** @returns the first delivery that was not sent, which the next page starts with; null when all were sent */
async function sendPage(
  drain: Drain,
  page: Page,
  options: { onlyUrgent: boolean },
): Promise<DueDelivery | null> {
  const { deliveries } = page
  const sent = await sendFirst(drain, page, options)
  const unsent = deliveries.slice(sent)
  for (const delivery of unsent) {
    drain.ports.memory.release(drain.turn.organizationId, lengthOf(delivery))
  }
  return unsent[0] ?? null
}

/** @returns how many were sent */
async function sendFirst(
  { ports: { clock, pace }, turn, inFlight }: Drain,
  { deliveries, seen }: Page,
  { onlyUrgent }: { onlyUrgent: boolean },
): Promise<number> {
  const readAt = clock.now()
  for (const [index, delivery] of deliveries.entries()) {
    const { urgent } = delivery
    if (onlyUrgent && !urgent) return index
    if (inFlight.hasRoom(urgent)) await inFlight.room(urgent)
    else await turn.awaitUrgentWakeup(seen.urgent, () => inFlight.room(urgent))
    if (!inFlight.hasRoom(urgent)) return index
    // A destination without requests in flight begins before those that have some.
    await pace.next({
      owner: turn.organizationId,
      ahead: urgent || inFlight.isEmpty,
    })
    const isExpired = hasPassed(clock, readAt, PAGE_LIFETIME_MS)
    if (turn.signal.aborted || isExpired || inFlight.inactive > seen.inactive) return index
    inFlight.send(delivery)
  }
  return deliveries.length
}
