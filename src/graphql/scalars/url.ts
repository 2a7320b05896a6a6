import { type ASTNode, Kind } from 'graphql'
import { builder } from '../builder.ts'
import { badUserInput } from '../request-error.ts'

function parseUrl(value: unknown, node?: ASTNode): string {
  if (typeof value === 'string') return value
  throw badUserInput('Expected a URL as a string, as in "https://example.com/webhooks".', node)
}

builder.scalarType('URL', {
  description:
    'An absolute URL, as in "https://example.com/webhooks". Answered in its normal form. One that cannot be used is refused by the mutation, as a ValidationError that says why.',
  specifiedByURL: 'https://url.spec.whatwg.org/',
  serialize: (value) => value,
  parseValue: (value) => parseUrl(value),
  // The mutation judges what the string says; here it only has to be one.
  parseLiteral: (node) => parseUrl(node.kind === Kind.STRING ? node.value : null, node),
})
