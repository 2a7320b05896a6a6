import { type ExecutionResult, execute, subscribe } from 'graphql'
import { isAsyncIterable, type Plugin } from 'graphql-yoga'

/**
 * Runs operations with graphql-js itself. Yoga's own executor takes every object with a key "then" for a
 * promise, and customers' data may well have one.
 */
export const graphqlExecutor: Plugin = {
  onExecute: ({ setExecuteFn }) => setExecuteFn(execute),
  onSubscribe: ({ setSubscribeFn }) =>
    setSubscribeFn(async (args: Parameters<typeof subscribe>[0]) => {
      const result = await subscribe(args)
      return isAsyncIterable(result) ? overWithItsFirstError(result) : result
    }),
}

/** A generator is over once it has thrown, another iterator need not be: who goes on would be told for ever. */
function overWithItsFirstError(
  source: AsyncIterableIterator<ExecutionResult>,
): AsyncIterableIterator<ExecutionResult> {
  let failed = false
  const done = { value: undefined, done: true } as const
  const stream: AsyncIterableIterator<ExecutionResult> = {
    [Symbol.asyncIterator]: () => stream,
    async next() {
      if (failed) return done
      try {
        return await source.next()
      } catch (error) {
        failed = true
        await source.return?.()
        throw error
      }
    },
    async return() {
      await source.return?.()
      return done
    },
  }
  return stream
}
