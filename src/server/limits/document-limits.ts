import { EnvelopArmor } from '@escape.tech/graphql-armor'
import type { GraphQLError, ValidationContext } from 'graphql'
import { refusal } from '../errors.ts'

/**
 * Limits of one document. They are far above what pages and backends need. The number of tokens also limits the time of
 * validation, which compares fields in pairs.
 */
const MAX_DEPTH = 15
const MAX_ALIASES = 50
const MAX_DIRECTIVES = 50
const MAX_TOKENS = 2_000
const MAX_COST = 50_000

/** Refuses documents that are too large, as early as possible: the number of tokens while parsing. */
export function documentLimits(): ReturnType<EnvelopArmor['protect']>['plugins'] {
  const rejected = { propagateOnRejection: false, onReject: [reject] }
  const armor = new EnvelopArmor({
    // The schema is public, so "Did you mean" reveals nothing.
    blockFieldSuggestion: { enabled: false },
    maxDepth: { n: MAX_DEPTH, flattenFragments: true, ...rejected },
    maxAliases: { n: MAX_ALIASES, ...rejected },
    maxDirectives: { n: MAX_DIRECTIVES, ...rejected },
    maxTokens: { n: MAX_TOKENS, ...rejected },
    costLimit: { maxCost: MAX_COST, flattenFragments: true, ...rejected },
  })
  return armor.protect().plugins
}

function reject(context: ValidationContext | null, error: GraphQLError): void {
  const limit = error.message.replace(/^Syntax Error: /, '')
  const tooComplex = refusal(
    `${limit} Split the operation, and pass values as variables instead of literals.`,
    'QUERY_TOO_COMPLEX',
    { status: 400, spec: true },
  )
  // There is no context while the document is still being parsed.
  if (!context) throw tooComplex
  context.reportError(tooComplex)
}
