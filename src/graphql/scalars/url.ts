import { type ASTNode, Kind } from 'graphql'
import { builder } from '../builder.ts'
import { badUserInput } from '../request-error.ts'

function parseUrl(value: unknown, node?: ASTNode): string {
  if (typeof value === 'string') return value
  throw badUserInput('Expected a URL as a string, as in "https://example.com/webhooks".', node)
}

builder.scalarType('URL', {
  description:
    'An absolute URL, as in "https://example.com/webhooks". Responses contain its normalized form. A mutation refuses a URL that cannot be used with a ValidationError.',
  specifiedByURL: 'https://url.spec.whatwg.org/',
  serialize: (value) => value,
  parseValue: (value) => parseUrl(value),
  // The mutation validates the URL. The scalar only requires a string.
  parseLiteral: (node) => parseUrl(node.kind === Kind.STRING ? node.value : null, node),
})
