import { readFileSync } from 'node:fs'
import {
  buildSchema,
  type GraphQLArgument,
  GraphQLEnumType,
  GraphQLInputObjectType,
  type GraphQLNamedType,
  GraphQLUnionType,
  getNullableType,
  isInterfaceType,
  isIntrospectionType,
  isNonNullType,
  isObjectType,
  isSpecifiedScalarType,
} from 'graphql'
import { describe, expect, test } from 'vitest'
import { schemaText } from '../../../src/cli/print-schema.ts'
import * as refusals from '../../../src/domain/errors.ts'
import { catalogue, enumName } from '../../../src/domain/events/index.ts'
import { createSchema } from '../../../src/graphql/schema.ts'

const root = new URL('../../..', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, root), 'utf8')
const schema = createSchema()

const contract = buildSchema(read('test/fixtures/contract.graphql'))

const ownTypes = (of: typeof schema) =>
  Object.values(of.getTypeMap()).filter(
    (type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type),
  )

const argument = ({ name, type, defaultValue }: GraphQLArgument) =>
  `${name}: ${type} = ${JSON.stringify(defaultValue)}`

/** Everything that a client can rely on in a type, one line each. */
function promises(type: GraphQLNamedType): string[] {
  if (type instanceof GraphQLEnumType) {
    return [`values in this order: ${type.getValues().map(({ name }) => name)}`]
  }
  if (type instanceof GraphQLUnionType) {
    return type.getTypes().map((member) => `may be ${member}`)
  }
  if (type instanceof GraphQLInputObjectType) return Object.values(type.getFields()).map(argument)
  if (!isObjectType(type) && !isInterfaceType(type)) return []
  return [
    ...type.getInterfaces().map((name) => `implements ${name}`),
    ...Object.values(type.getFields()).flatMap((field) => [
      // The one change to the contract: a refused mutation is null, so that it does not take the others' results along.
      `${field.name}: ${type.name === 'Mutation' ? getNullableType(field.type) : field.type}`,
      ...field.args.map((one) => `${field.name}(${argument(one)})`),
    ]),
  ]
}

describe('the contract', () => {
  const promised = ownTypes(contract)

  test.each(promised)('%s has everything that the contract promises', (type) => {
    const ours = schema.getType(type.name)
    expect(ours?.constructor).toBe(type.constructor)
    expect(promises(ours!)).toEqual(expect.arrayContaining(promises(type)))
  })

  test('no additional argument or input field is required', () => {
    const required = (of: typeof schema) =>
      ownTypes(of).flatMap((type) =>
        promises(type)
          .filter((line) => /: [^=]*! = undefined/.test(line))
          .map((line) => `${type}.${line}`),
      )
    const demanded = required(contract)
    // Required input of a new field does not break clients of the contract.
    const isNew = (line: string) => {
      const [, type = '', field = ''] = /^(\w+)\.(\w+)\(/.exec(line) ?? []
      const known = contract.getType(type)
      return isObjectType(known) && !(field in known.getFields())
    }
    const more = required(schema).filter((line) => !demanded.includes(line))
    expect(more.filter((line) => !isNew(line))).toEqual([])
  })
})

/** Every place that has a description, by its coordinate. */
function* descriptions(): Generator<[string, string | null | undefined]> {
  for (const type of ownTypes(schema)) {
    yield [type.name, type.description]
    if (type instanceof GraphQLEnumType) {
      for (const value of type.getValues()) yield [`${type}.${value.name}`, value.description]
    } else if ('getFields' in type) {
      for (const field of Object.values(type.getFields())) {
        yield [`${type}.${field.name}`, field.description]
        for (const one of 'args' in field ? field.args : []) {
          yield [`${type}.${field.name}(${one.name}:)`, one.description]
        }
      }
    }
  }
}

describe('the schema', () => {
  test('has mutations that are null when they are refused, so that others keep their results', () => {
    const results = Object.values(schema.getMutationType()!.getFields())
    expect(results.filter(({ type }) => isNonNullType(type)).map(({ name }) => name)).toEqual([])
  })

  test('is the one in schema.graphql, and is made without a database', () => {
    expect(read('schema.graphql')).toBe(schemaText())
  })

  test('describes every type, field, argument and value in a sentence, and not by its name', () => {
    const letters = (text: string) => text.toLowerCase().replace(/[^a-z]/g, '')
    const lacking = [...descriptions()].filter(([coordinate, description]) => {
      const name = coordinate.split(/\W/).findLast(Boolean) ?? ''
      return !description || !/[.:]$/.test(description) || letters(description) === letters(name)
    })
    expect(lacking).toEqual([])
  })

  test('has the events of the catalogue, each described as there', () => {
    const values = (schema.getType('EventType') as GraphQLEnumType).getValues()
    expect(values.map(({ name, value, description }) => ({ name, value, description }))).toEqual(
      catalogue.map(({ name, description }) => ({
        name: enumName(name),
        value: name,
        description,
      })),
    )
  })

  test('has every refusal as a UserError of its own name, and some mutation that can answer it', () => {
    const types = Object.values(refusals).filter((one) => one.prototype instanceof refusals.Refusal)
    const answered = ownTypes(schema)
      .filter((type) => type instanceof GraphQLUnionType)
      .flatMap((union) => union.getTypes().map(String))
    for (const { name } of types) {
      expect(promises(schema.getType(name)!)).toContain('implements UserError')
      expect(answered).toContain(name)
    }
  })
})
