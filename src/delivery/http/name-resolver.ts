import type { RecordWithTtl } from 'node:dns'
import { Resolver } from 'node:dns/promises'
import { pause } from '../../concurrency/clock.ts'

/** The addresses of a host name. */
export interface NameAnswer {
  /** IPv4 and IPv6 addresses; empty when the name does not exist or has no address. */
  addresses: readonly string[]
  /** Milliseconds for which they may be used: the shortest TTL of the records. Undefined when unknown. */
  lifeMs?: number
  /**
   * The complete answer, when `addresses` has one family and the other is not known yet. Never rejects.
   */
  later?: Promise<NameAnswer>
}

/**
 * Looks up a host name.
 *
 * @throws when the name servers give no answer
 */
export type ResolveName = (hostname: string) => Promise<NameAnswer>

/** Milliseconds to wait for the second family after the first has arrived (RFC 8305, section 3). */
const RESOLUTION_DELAY_MS = 50

/**
 * Creates a resolver that queries IPv4 and IPv6 addresses in parallel, each name server once with a time limit of 1.5 s.
 * Unlike getaddrinfo, it does not use Node's thread pool of four, of which an unreachable name server would block a thread for
 * 10 s. It does not read the hosts file.
 * @param servers as for `dns.setServers`. Default: the name servers of the system
 */
export function createNameResolver(servers?: readonly string[]): ResolveName {
  const resolver = new Resolver({ timeout: 1500, tries: 1 })
  if (servers) resolver.setServers(servers)
  return (hostname) =>
    firstUsable([
      answerTo(resolver.resolve4(hostname, { ttl: true })),
      answerTo(resolver.resolve6(hostname, { ttl: true })),
    ])
}

async function answerTo(question: Promise<RecordWithTtl[]>): Promise<NameAnswer> {
  try {
    const records = await question
    return {
      addresses: records.map(({ address }) => address),
      lifeMs: 1000 * Math.min(...records.map(({ ttl }) => ttl)),
    }
  } catch (error) {
    if (!isAbsence(error as { code?: string })) throw error
    return { addresses: [] }
  }
}

/** Waits for both answers, or until `RESOLUTION_DELAY_MS` after the first one with addresses. */
async function firstUsable(questions: readonly Promise<NameAnswer>[]): Promise<NameAnswer> {
  const come: NameAnswer[] = []
  const settled = Promise.allSettled(
    questions.map((question) => question.then((answer) => void come.push(answer))),
  )
  const usable = questions.map(async (question) => {
    if ((await question).addresses.length === 0) throw new Error('There is no such address.')
  })
  // Rejects when neither has addresses; both are settled then.
  await Promise.any(usable).catch(() => {})
  const over = new AbortController()
  const results = await Promise.race([settled, pause(globalThis, RESOLUTION_DELAY_MS, over.signal)])
  over.abort()
  if (!results) return { ...merge(come), later: settled.then(() => merge(come)) }
  const failed = results.find((result) => result.status === 'rejected')
  const answer = merge(come)
  if (failed && answer.addresses.length === 0) throw failed.reason
  return answer
}

function merge(answers: readonly NameAnswer[]): NameAnswer {
  return {
    addresses: answers.flatMap(({ addresses }) => addresses),
    lifeMs: Math.min(...answers.map(({ lifeMs }) => lifeMs ?? Number.POSITIVE_INFINITY)),
  }
}

const isAbsence = ({ code }: { code?: string }) => code === 'ENOTFOUND' || code === 'ENODATA'
