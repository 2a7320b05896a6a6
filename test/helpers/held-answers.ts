import type { ServerResponse } from 'node:http'
import type { Answer } from './receiver.ts'

export interface HeldAnswers {
  /** For a receiver: keeps each request waiting. */
  hold: Answer & ((...exchange: never[]) => void)
  /** Answers the oldest `count` of those that wait, by default all. */
  release(status: number, count?: number): void
}

/** Keeps attempts in flight until the test answers them. */
export function heldAnswers(): HeldAnswers {
  const held: ServerResponse[] = []
  return {
    hold: (_request: unknown, response: ServerResponse) => void held.push(response),
    release(status, count = held.length) {
      for (const response of held.splice(0, count)) response.writeHead(status).end()
    },
  }
}
