import { createSourceEventStream, type ExecutionArgs, type ExecutionResult, execute } from 'graphql'
import { isAsyncIterable } from 'graphql-yoga'
import type { Resume } from '../../graphql/context.ts'

/** Under which a result has the id of the event that it is sent as. */
const EVENT_ID = Symbol('event id')

export type StreamedResult = ExecutionResult & { [EVENT_ID]?: string }

/** @returns null for a result after which a stream cannot be resumed */
export const eventIdOf = (result: StreamedResult): string | null => result[EVENT_ID] ?? null

/**
 * Runs a subscription: executes it for each item of its source, like `subscribe` of graphql-js, and notes the item's
 * id at the result where the stream can be resumed.
 */
export async function subscribeTo(
  args: ExecutionArgs,
): Promise<AsyncIterableIterator<ExecutionResult> | ExecutionResult> {
  const source = await createSourceEventStream(args)
  if (!isAsyncIterable(source)) return source
  const { resume } = args.contextValue as { resume?: Resume }
  const items = source[Symbol.asyncIterator]()
  return endWithFirstError({
    async next() {
      const { done, value: rootValue } = await items.next()
      if (done) return DONE
      const result: StreamedResult = await execute({ ...args, rootValue })
      const id = resume?.eventIdOf?.(rootValue)
      if (id) result[EVENT_ID] = id
      return { value: result, done: false }
    },
    async return() {
      await items.return?.()
      return DONE
    },
  })
}

/** Prisma's word for a row that is not there, although another one names it. */
const MISSING = 'P2025'
/** GraphQL's, when it went between the two statements that read both. */
const VANISHED = /^Cannot return null for non-nullable field \w+\.(delivery|destination|event)\.$/

/** Whether the row that a result describes was deleted in flight. Such a result is skipped. */
const isGone = ({ errors }: ExecutionResult) =>
  errors?.some(
    ({ message, originalError }) =>
      VANISHED.test(message) || (originalError as { code?: unknown })?.code === MISSING,
  )

const DONE = { value: undefined, done: true } as const

/**
 * Leaves out what was deleted meanwhile, and ends with the first error: a generator ends once it has thrown, another
 * iterator need not. `return` ends a pending `next` as well, whatever the source does.
 */
function endWithFirstError(
  source: AsyncIterator<ExecutionResult>,
): AsyncIterableIterator<ExecutionResult> {
  let isOver = false
  let pending: PromiseWithResolvers<IteratorResult<ExecutionResult>> | null = null

  async function pull(): Promise<IteratorResult<ExecutionResult>> {
    try {
      let next = await source.next()
      while (!next.done && isGone(next.value)) next = await source.next()
      return next
    } catch (error) {
      isOver = true
      await source.return?.()
      throw error
    }
  }

  return {
    [Symbol.asyncIterator]() {
      return this
    },
    async next() {
      if (isOver) return DONE
      pending = Promise.withResolvers()
      pull().then(pending.resolve, pending.reject)
      return pending.promise
    },
    async return() {
      isOver = true
      pending?.resolve(DONE)
      await source.return?.()
      return DONE
    },
  }
}
