import { createSourceEventStream, type ExecutionArgs, type ExecutionResult, execute } from 'graphql'
import { isAsyncIterable } from 'graphql-yoga'
import { mapStream, SKIP, type Stream } from '../../concurrency/stream.ts'
import type { Resume } from '../../graphql/context.ts'
import { runForCaller } from '../pipeline/caller.ts'

/** The property of a result that has the id of its server-sent event. */
const EVENT_ID = Symbol('event id')

export type StreamedResult = ExecutionResult & { [EVENT_ID]?: string }

/** Returns the id of the event that a result is sent as. Null if the stream cannot be resumed after it. */
export const eventIdOf = (result: StreamedResult): string | null => result[EVENT_ID] ?? null

/**
 * Runs a subscription like `subscribe` of graphql-js: executes the operation for each item of its source. Results of rows
 * that were deleted meanwhile are left out, the stream ends after the first error of its source, and results have the id
 * of their item if the stream can be resumed.
 */
export async function subscribe(
  args: ExecutionArgs,
): Promise<Stream<ExecutionResult> | ExecutionResult> {
  const source = await runForCaller(args, () => createSourceEventStream(args))
  if (!isAsyncIterable(source)) return source
  const { resume } = args.contextValue as { resume?: Resume }
  return mapStream(source[Symbol.asyncIterator](), async (rootValue) => {
    const result: StreamedResult = await runForCaller(args, () => execute({ ...args, rootValue }))
    if (isDeleted(result)) return SKIP
    const id = resume?.eventIdOf?.(rootValue)
    if (id) result[EVENT_ID] = id
    return result
  })
}

/** Prisma's code for a row that does not exist although another row refers to it. */
const MISSING = 'P2025'
/** graphql-js's message if the row was deleted between the two statements that read both. */
const NULL_RELATION =
  /^Cannot return null for non-nullable field \w+\.(delivery|destination|event)\.$/

/** Whether the row that a result describes was deleted while it was read. */
const isDeleted = ({ errors }: ExecutionResult) =>
  errors?.some(
    ({ message, originalError }) =>
      NULL_RELATION.test(message) || (originalError as { code?: unknown })?.code === MISSING,
  )
