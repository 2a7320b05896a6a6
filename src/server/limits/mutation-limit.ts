import {
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLError,
  getOperationAST,
  Kind,
  type SelectionSetNode,
} from 'graphql'
import type { Plugin } from 'graphql-yoga'
import type { Viewer } from '../../access/authentication.ts'
import { rateLimited } from '../errors.ts'
import { callerKey } from './slots.ts'

/** Mutations that one caller can send to this process in a minute. 0 means no limit. */
export interface MutationLimits {
  /** Mutations that publish events. */
  publish: number
  /** All other mutations. */
  manage: number
}

/**
 * A process handles 1,500 to 4,000 publications a second, so a well-behaved backend stays below the first limit. The second
 * one protects tables that all organizations share from runaway scripts.
 */
export const DEFAULT_MUTATION_LIMITS: MutationLimits = { publish: 300_000, manage: 30_000 }

const PUBLISHING = new Set(['eventPublish', 'eventPublishMany'])

const WINDOW_MS = 60_000

/** Counts the mutations of each caller in windows of a minute. A window begins with the caller's first mutation. */
class Budget {
  /** The mutations that it limits, in words. */
  readonly name: string
  readonly perMinute: number
  /** By caller, in the order in which the windows end. */
  readonly #windows = new Map<string, Window>()

  constructor(name: string, perMinute: number) {
    this.name = name
    this.perMinute = perMinute
  }

  /** Returns what the caller has left, and the milliseconds until its window ends. */
  rest(caller: string): { left: number; endsInMs: number } {
    const { used, endsAt } = this.#windowOf(caller)
    return { left: this.perMinute - used, endsInMs: endsAt - performance.now() }
  }

  spend(caller: string, count: number): void {
    const { used, endsAt } = this.#windowOf(caller)
    this.#windows.set(caller, { used: used + count, endsAt })
  }

  #windowOf(caller: string): Window {
    const now = performance.now()
    for (const [key, { endsAt }] of this.#windows) {
      if (endsAt > now) break
      this.#windows.delete(key)
    }
    const current = this.#windows.get(caller)
    if (current && current.endsAt > now) return current
    this.#windows.delete(caller)
    return { used: 0, endsAt: now + WINDOW_MS }
  }
}

interface Window {
  used: number
  endsAt: number
}

interface Charge {
  budget: Budget
  count: number
}

type Operation = { document: DocumentNode; operationName?: string | null | undefined }

/**
 * Refuses an operation before any of its mutations runs if its caller exceeds a limit. Each root field counts as one
 * mutation, and a refused operation counts as none. An operation without a valid key does not count.
 */
export function limitMutations({
  publish,
  manage,
}: MutationLimits): Plugin<{ viewer: Viewer | null }> {
  const publishing = new Budget('calls of eventPublish and eventPublishMany', publish)
  const managing = new Budget('mutations other than publishing', manage)

  function chargesOf(operation: Operation): Charge[] {
    const fields = [...mutationsOf(operation)]
    const published = fields.filter((field) => PUBLISHING.has(field)).length
    const charges = [
      { budget: publishing, count: published },
      { budget: managing, count: fields.length - published },
    ]
    return charges.filter(({ budget, count }) => budget.perMinute > 0 && count > 0)
  }

  return {
    onExecute: ({ args, setResultAndStopExecution }) => {
      const { viewer } = args.contextValue
      if (!viewer) return
      const charges = chargesOf(args)
      const caller = callerKey(viewer)
      const exceeded = charges.find(({ budget, count }) => count > budget.rest(caller).left)
      if (exceeded) setResultAndStopExecution({ errors: [refusalOf(exceeded, caller)] })
      else for (const { budget, count } of charges) budget.spend(caller, count)
    },
  }
}

function refusalOf({ budget, count }: Charge, caller: string): GraphQLError {
  const { name, perMinute } = budget
  const { left, endsInMs } = budget.rest(caller)
  const seconds = Math.max(1, Math.ceil(endsInMs / 1_000))
  const advice = count > perMinute ? 'split the operation' : `try again in ${seconds} s`
  return rateLimited(
    `You can send at most ${perMinute} ${name} in a minute. This operation has ${count}, and ${left} are left. None of them was executed: ${advice}.`,
    { status: 429, retryAfterSeconds: seconds },
  )
}

/** Yields the root fields that a mutation executes, one for each response key. Other operations have none. */
function* mutationsOf({ document, operationName }: Operation): Iterable<string> {
  const operation = getOperationAST(document, operationName)
  if (operation?.operation !== 'mutation') return
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const one of document.definitions) {
    if (one.kind === Kind.FRAGMENT_DEFINITION) fragments.set(one.name.value, one)
  }
  const responseKeys = new Set<string>()

  function* walk({ selections }: SelectionSetNode): Iterable<string> {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        const name = selection.name.value
        const responseKey = selection.alias?.value ?? name
        if (responseKeys.has(responseKey) || name.startsWith('__')) continue
        responseKeys.add(responseKey)
        yield name
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        yield* walk(selection.selectionSet)
      } else {
        const fragment = fragments.get(selection.name.value)
        // A second spread has the same response keys.
        fragments.delete(selection.name.value)
        if (fragment) yield* walk(fragment.selectionSet)
      }
    }
  }
  yield* walk(operation.selectionSet)
}
