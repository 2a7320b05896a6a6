import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { jsonSchema } from '../../../../src/domain/events/definition.ts'
import {
  catalogue,
  type EventData,
  type EventPayload,
  enumName,
  findEvent,
  isEventName,
} from '../../../../src/domain/events/index.ts'

const fixtures = new URL('../../../fixtures/', import.meta.url)
const contract = readFileSync(new URL('contract.graphql', fixtures), 'utf8')
const contractNames = contract
  .match(/enum EventType \{[^\n]*\n([^}]*)\}/)?.[1]
  ?.trim()
  .split(/\s+/)

describe('the catalogue', () => {
  test("lists the contract's 16 events in its order", () => {
    expect(contractNames).toHaveLength(16)
    expect(catalogue.map(({ name }) => enumName(name))).toEqual(contractNames)
  })

  test('finds events by their wire name and nothing by any other', () => {
    for (const definition of catalogue) expect(findEvent(definition.name)).toBe(definition)
    for (const name of ['TODO_CREATED', 'todo_deleted', '', 'constructor', '__proto__']) {
      expect(findEvent(name)).toBeUndefined()
      expect(isEventName(name)).toBe(false)
    }
  })

  test('publishes types that follow from the schemas', () => {
    expectTypeOf<EventData<'todo_created'>['type']>().toEqualTypeOf<
      'email' | 'meeting' | 'task' | 'linkedin'
    >()
    expectTypeOf<
      EventPayload<'agent_run_completed'>['event']
    >().toEqualTypeOf<'agent_run_completed'>()
    const read = (payload: EventPayload) =>
      payload.event === 'summary_created' ? payload.data.summary : null
    expectTypeOf(read).returns.toEqualTypeOf<string | null>()
  })
})

describe.each(catalogue)('$name', (definition) => {
  test('shows the documented example, key for key, with relations where the document left them out', () => {
    const text = readFileSync(new URL(`examples/${definition.name}.json`, fixtures), 'utf8')
    const { event, data, relations, webhook_id, timestamp } = JSON.parse(text)
    const all = relations ?? data.relations ?? definition.example.relations
    const documented = { event, data, relations: all, webhook_id, timestamp }
    expect(JSON.stringify(definition.example)).toBe(JSON.stringify(documented))
  })

  test('describes itself and each of its fields that is more than an id or a name', () => {
    expect(definition.description).toMatch(/^Triggered when .*\.$/)
    for (const [name, field] of Object.entries(definition.schema.shape)) {
      const plain = /_id$|Id$|_name$|^title$|^subject$|^ai_generated$/.test(name)
      if (!plain) expect(field.description, name).toMatch(/\.$|\.\.\.$/)
    }
  })

  test('has a JSON Schema that names the fields of the example and allows others', () => {
    const schema = jsonSchema(definition)
    expect(schema).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
    })
    expect(schema).not.toHaveProperty('additionalProperties')
    expect(Object.keys(schema.properties as object)).toEqual(
      expect.arrayContaining(Object.keys(definition.example.data)),
    )
    expect(JSON.parse(JSON.stringify(schema))).toEqual(schema)
  })
})

test('the example without relations in the reference has four empty lists', () => {
  expect(readdirSync(new URL('examples/', fixtures))).toHaveLength(18)
  expect(findEvent('todo_updated').example.relations).toEqual({
    associated_account_ids: [],
    associated_contact_ids: [],
    associated_deal_ids: [],
    associated_lead_ids: [],
  })
})
