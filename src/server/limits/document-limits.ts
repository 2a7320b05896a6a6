import { EnvelopArmor } from '@escape.tech/graphql-armor'
import type { GraphQLError, ValidationContext } from 'graphql'
import { refusal } from '../errors.ts'

/**
 * What one document may hold: far above what a screen or a backend asks for, far below what hurts.
 * Tokens also bound the validation, which compares fields in pairs.
 */
const DEPTH = 15
const ALIASES = 50
const DIRECTIVES = 50
const TOKENS = 2_000
const COST = 50_000

/** Refuses documents that are too large before they are parsed whole or any resolver runs. */
export function documentLimits(): ReturnType<EnvelopArmor['protect']>['plugins'] {
  const rejected = { propagateOnRejection: false, onReject: [reject] }
  const armor = new EnvelopArmor({
    // The schema is public, so a helpful "Did you mean" gives nothing away.
    blockFieldSuggestion: { enabled: false },
    maxDepth: { n: DEPTH, flattenFragments: true, ...rejected },
    maxAliases: { n: ALIASES, ...rejected },
    maxDirectives: { n: DIRECTIVES, ...rejected },
    maxTokens: { n: TOKENS, ...rejected },
    costLimit: { maxCost: COST, flattenFragments: true, ...rejected },
  })
  return armor.protect().plugins
}

function reject(context: ValidationContext | null, error: GraphQLError): void {
  const limit = error.message.replace(/^Syntax Error: /, '')
  const tooComplex = refusal(
    `${limit} Ask for less at once, and pass values as variables instead of writing them into the query.`,
    'QUERY_TOO_COMPLEX',
    { status: 400, spec: true },
  )
  // While the text is still being read there is no context to report to, and no reason to read on.
  if (!context) throw tooComplex
  context.reportError(tooComplex)
}
