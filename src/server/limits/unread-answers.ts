/** Bytes of answers that may wait for their clients at once, in the whole process. */
const MOST = 256_000_000

/** Milliseconds for which an answer may wait however many do: a message for thousands is taken in a moment. */
const GRACE = 2_000

/** Milliseconds between looks, at most. */
const LOOK_EVERY = 250

interface Answer {
  /** How much of it waits now. */
  bytes(): number
  /** Closes the connection that it waits for. */
  giveUp(): void
}

/** Answers that are ready and stay in memory until their clients have taken them. */
export interface UnreadAnswers {
  /** @returns what is to be called when it has left, or never will; once or more often */
  add(answer: Answer): () => void
}

/**
 * Gives up an answer that has waited for too long, and the oldest ones when all together are too much: memory
 * must not be something that clients can take by not reading.
 * @param after milliseconds that a client has to take an answer
 */
export function createUnreadAnswers({
  after,
  most = MOST,
  grace = GRACE,
}: {
  after: number
  most?: number
  grace?: number
}): UnreadAnswers {
  /** With when they began to wait, oldest first. */
  const waiting = new Map<Answer, number>()
  let looking: NodeJS.Timeout | null = null

  function leave(answer: Answer): void {
    waiting.delete(answer)
    if (waiting.size > 0 || !looking) return
    clearInterval(looking)
    looking = null
  }

  function look(): void {
    let total = 0
    for (const answer of waiting.keys()) total += answer.bytes()
    for (const [answer, since] of waiting) {
      const age = performance.now() - since
      if (age <= after && (total <= most || age <= grace)) return
      total -= answer.bytes()
      leave(answer)
      answer.giveUp()
    }
  }

  return {
    add(answer) {
      waiting.set(answer, performance.now())
      looking ??= setInterval(look, Math.min(LOOK_EVERY, after)).unref()
      return () => leave(answer)
    },
  }
}
