import { Kind, type ValueNode } from 'graphql'
import { builder } from '../builder.ts'
import { badUserInput } from '../request-error.ts'
import { exactNumber } from './exact-number.ts'

/**
 * Returns the value of a literal as JSON.parse would return it: `__proto__` is an ordinary key, and a number is a double,
 * or Infinity if no double has its value. A variable without a value is omitted from objects and null in lists.
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
      // fromEntries defines the property, whereas an assignment to __proto__ would set the prototype.
      return Object.fromEntries(
        node.fields
          .map((field) => [field.name.value, jsonOfLiteral(field.value, variables)])
          .filter(([, value]) => value !== undefined),
      )
    case Kind.ENUM:
      throw badUserInput(
        `"${node.value}" is not valid JSON: write it as a string, in quotes.`,
        node,
      )
  }
}

builder.scalarType('JSON', {
  description:
    'Any JSON value: an object, a list, a string, a number, true, false or null. Pass it as a variable: the keys of a literal in the query must be GraphQL names. A number must be exactly representable as a 64-bit double (IEEE 754), which every number of at most 15 digits is; 1.0 equals 1, and -0 equals 0. Send longer numbers as strings.',
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc8259',
  serialize: (value) => value,
  parseValue: (value) => value,
  parseLiteral: jsonOfLiteral,
})
