import { expect, onTestFinished } from 'vitest'
import { publishTodo } from '../helpers/operations.ts'
import type { World } from '../helpers/world.ts'

/** Publishes one event after the other. Those that were refused are published again, as a customer does. */
export function publishSteadily(world: World) {
  const events: string[] = []
  let isStopped = false
  const loop = (async () => {
    while (!isStopped) {
      const id = await publishTodo(world.client).catch(() => null)
      if (id !== null) events.push(id)
    }
  })()
  onTestFinished(() => {
    isStopped = true
  })
  return {
    events,
    more: (count = 10) => {
      const enough = events.length + count
      return expect.poll(() => events.length).toBeGreaterThanOrEqual(enough)
    },
    stop: () => {
      isStopped = true
      return loop
    },
  }
}
