import { Kind, type ValueNode } from 'graphql'
import { builder } from '../builder.ts'
import { badUserInput } from '../request-error.ts'
import { exactNumber } from './exact-number.ts'

/**
 * Returns the value of a literal as JSON.parse would give it: the key `__proto__` is one like any other, and a
 * number is a double, or Infinity when no double has its value. A variable without a value is left out of an
 * object and is null in a list.
 */
export function jsonOfLiteral(
  node: ValueNode,
  variables: Readonly<Record<string, unknown>> | null | undefined,
): unknown {
  switch (node.kind) {
    case Kind.NULL:
      return null
    case Kind.STRING:
    case Kind.BOOLEAN:
      return node.value
    case Kind.INT:
    case Kind.FLOAT:
      return exactNumber(node.value)
    case Kind.VARIABLE:
      return variables?.[node.name.value]
    case Kind.LIST:
      return node.values.map((value) => jsonOfLiteral(value, variables) ?? null)
    case Kind.OBJECT:
      // fromEntries defines properties where an assignment to __proto__ would be lost.
      return Object.fromEntries(
        node.fields
          .map((field) => [field.name.value, jsonOfLiteral(field.value, variables)])
          .filter(([, value]) => value !== undefined),
      )
    case Kind.ENUM:
      throw badUserInput(`JSON has no bare words: write "${node.value}" as a string.`, node)
  }
}

builder.scalarType('JSON', {
  description:
    'Any JSON value: an object, a list, a string, a number, true, false or null. Send large ones as a variable, where every key is allowed; a literal in the query can only have keys that are GraphQL names. A number must be one that a 64-bit double (IEEE 754) has exactly, as every number of at most 15 digits is; 1.0 is then the same as 1, and -0 as 0. Send longer numbers as strings.',
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc8259',
  serialize: (value) => value,
  parseValue: (value) => value,
  parseLiteral: jsonOfLiteral,
})
