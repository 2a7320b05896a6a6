import {
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLError,
  getOperationAST,
  Kind,
  type SelectionSetNode,
} from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import type { Viewer } from '../../access/authentication.ts'
import { rateLimited } from '../errors.ts'
import { holderOf } from './holder.ts'

/** Mutations that one holder may send to this process in a minute; 0 means any number. */
export interface MutationLimits {
  /** Of those that publish. */
  publish: number
  /** Of all others. */
  manage: number
}

/**
 * Publishing comes from machines: one process takes 1,500 to 4,000 publications a second, so an honest
 * backend stays below this. The rest comes from people and their scripts, and writes to tables that all share.
 */
export const DEFAULT_MUTATION_LIMITS: MutationLimits = { publish: 300_000, manage: 30_000 }

const PUBLISHING = new Set(['eventPublish', 'eventPublishMany'])

const WINDOW_SECONDS = 60

interface Budget {
  /** The mutations it is for, in words. */
  name: string
  perMinute: number
  /** Counts in memory, and forgets each holder when its minute is over. */
  limiter: RateLimiterMemory
}

interface Charge {
  budget: Budget
  points: number
}

type Operation = { document: DocumentNode; operationName?: string | null | undefined }

/**
 * Refuses a mutation as a whole, before anything of it runs, when its sender has no budget left for it. Each root
 * field takes a point. Stands behind the check of the key: who has none takes nobody's points.
 */
export function limitMutations({
  publish,
  manage,
}: MutationLimits): Plugin<{ viewer: Viewer | null }> {
  const publishing = createBudget('calls of eventPublish and eventPublishMany', publish)
  const managing = createBudget('mutations other than publishing', manage)

  function chargesOf(operation: Operation): Charge[] {
    const fields = [...mutationsOf(operation)]
    const published = fields.filter((field) => PUBLISHING.has(field)).length
    return [
      { budget: publishing, points: published },
      { budget: managing, points: fields.length - published },
    ].flatMap(({ budget, points }) => (budget && points > 0 ? { budget, points } : []))
  }

  return {
    onExecute: ({ args, setResultAndStopExecution }) => {
      const charges = chargesOf(args)
      const { viewer } = args.contextValue
      if (charges.length === 0 || !viewer) return
      return pay(charges, holderOf(viewer)).then((refusal) => {
        if (refusal) setResultAndStopExecution({ errors: [refusal] })
      })
    },
  }
}

function createBudget(name: string, perMinute: number): Budget | null {
  if (perMinute === 0) return null
  const limiter = new RateLimiterMemory({ points: perMinute, duration: WINDOW_SECONDS })
  return { name, perMinute, limiter }
}

/** Takes the points of all charges, or none. @returns why none */
async function pay(charges: readonly Charge[], holder: string): Promise<GraphQLError | null> {
  const paid: Charge[] = []
  for (const charge of charges) {
    paid.push(charge)
    const refused = await charge.budget.limiter.consume(holder, charge.points).then(
      () => null,
      (reason: unknown) => {
        if (reason instanceof RateLimiterRes) return reason
        throw reason
      },
    )
    if (!refused) continue
    // What was not done costs nothing: a smaller operation may still find room.
    await Promise.all(paid.map(({ budget, points }) => budget.limiter.reward(holder, points)))
    return refusalOf(charge, refused)
  }
  return null
}

function refusalOf(
  { budget: { name, perMinute }, points }: Charge,
  { consumedPoints, msBeforeNext }: RateLimiterRes,
): GraphQLError {
  const left = Math.max(0, perMinute + points - consumedPoints)
  const seconds = Math.max(1, Math.ceil(msBeforeNext / 1_000))
  const advice = points > perMinute ? 'send it in parts' : `send it again in ${seconds} s`
  return rateLimited(
    `At most ${perMinute} ${name} are taken in a minute. This operation has ${points}, and ${left} are left. Nothing of it was done: ${advice}.`,
    { status: 429, retryAfter: seconds },
  )
}

/** The root fields that a mutation would run, one for each name in its answer; none for another operation. */
function* mutationsOf({ document, operationName }: Operation): Iterable<string> {
  const operation = getOperationAST(document, operationName)
  if (operation?.operation !== 'mutation') return
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const one of document.definitions) {
    if (one.kind === Kind.FRAGMENT_DEFINITION) fragments.set(one.name.value, one)
  }
  const answered = new Set<string>()

  function* walk({ selections }: SelectionSetNode): Iterable<string> {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        const name = selection.name.value
        const answer = selection.alias?.value ?? name
        if (answered.has(answer) || name.startsWith('__')) continue
        answered.add(answer)
        yield name
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        yield* walk(selection.selectionSet)
      } else {
        const fragment = fragments.get(selection.name.value)
        // Once is enough: the second time would answer under the same names.
        fragments.delete(selection.name.value)
        if (fragment) yield* walk(fragment.selectionSet)
      }
    }
  }
  yield* walk(operation.selectionSet)
}
