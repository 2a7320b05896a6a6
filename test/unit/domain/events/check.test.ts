import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { checkEventData } from '../../../../src/domain/events/check.ts'
import { catalogue, type EventName, findEvent } from '../../../../src/domain/events/index.ts'

const examples = new URL('../../../fixtures/examples/', import.meta.url)

/** The example's data with some fields replaced; undefined leaves the field out. */
function dataOf(name: EventName, changes: Record<string, unknown> = {}) {
  return JSON.parse(JSON.stringify({ ...findEvent(name).example.data, ...changes }))
}

const pathsOf = (name: EventName, data: unknown) =>
  checkEventData(name, data).map(({ path }) => path.join('.'))

describe('valid data', () => {
  test.each(readdirSync(examples))('of %s is accepted', (file) => {
    const { event, data } = JSON.parse(readFileSync(new URL(file, examples), 'utf8'))
    expect(checkEventData(event, data)).toEqual([])
  })

  test.each(catalogue)('of $name can have additional fields at any level', ({ name }) => {
    const data = dataOf(name, { custom: { a: [1, null] }, 7: 'seven', constructor: 1, toString: 2 })
    for (const list of Object.values(data)) {
      if (Array.isArray(list) && typeof list[0] === 'object') list[0].custom = true
    }
    const before = JSON.stringify(data)
    expect(checkEventData(name, data)).toEqual([])
    expect(JSON.stringify(data)).toBe(before)
  })

  const speakers = [{ name: 'A caller' }, { name: 'A room', email: null, device_id: null }]
  const notStarted = {
    component_id: 'c',
    component_name: 'n',
    component_value: null,
    component_status: 's',
  }
  test.each<[EventName, Record<string, unknown>]>([
    ['transcription_created', { speakers }],
    ['transcription_created', { speakers: [] }],
    ['framework_answers_updated', { components_and_values: [notStarted], updated_at: undefined }],
    ['notes_created', { user_id: null, note_type: 'objection', created_at: undefined }],
    ['notes_updated', { note_type: 'warnings', content: [] }],
    ['todo_created', { due_at: null, meeting_id: null, session_id: null, type: 'linkedin' }],
    ['todo_updated', { completed_at: null, assigned_to: null, status: 'open' }],
    ['document_updated', { template_purpose: null, template_id: null }],
    ['signal_action', { actionType: 'question', question: 'Renew?', userId: null }],
  ])('of %s can have unknown values: %j', (name, changes) => {
    expect(checkEventData(name, dataOf(name, changes))).toEqual([])
  })

  test.each([true, 8, 'yes', null, ['a'], { a: 1 }])('can have the answer %j', (answer) => {
    const data = dataOf('scorecard_answers_created')
    data.questions_and_answers[0].answer = answer
    expect(checkEventData('scorecard_answers_created', data)).toEqual([])
  })
})

describe('a closed field', () => {
  test.each<[EventName, string, unknown[], unknown[]]>([
    ['todo_created', 'type', ['email', 'meeting', 'task', 'linkedin'], ['call', 'Email', null]],
    ['todo_updated', 'type', ['email', 'meeting', 'task', 'linkedin'], ['', 1]],
    [
      'document_generated',
      'template_purpose',
      ['icp', 'case_study', 'product_family', 'product', 'deal-summary', null],
      ['deal_summary', 'other', undefined],
    ],
    ['document_updated', 'template_purpose', ['icp', null], ['null', 0]],
    ['agent_run_completed', 'initiated_by', ['user', 'system'], ['agent', null]],
    ['signal_action', 'actionType', ['feedback', 'question'], ['click', undefined]],
  ])('of %s, %s, accepts its values only', (name, field, allowed, refused) => {
    for (const value of allowed) {
      expect(checkEventData(name, dataOf(name, { [field]: value }))).toEqual([])
    }
    for (const value of refused) {
      expect(pathsOf(name, dataOf(name, { [field]: value }))).toEqual([`data.${field}`])
    }
  })

  test('names the values that it takes', () => {
    const data = dataOf('document_generated', { template_purpose: 'x' })
    expect(checkEventData('document_generated', data)[0]?.message).toBe(
      'Expected one of "icp", "case_study", "product_family", "product", "deal-summary", null.',
    )
  })
})

describe('a fault', () => {
  const optional = ['created_at', 'updated_at']

  test.each(catalogue)('in $name is each missing field', ({ name, example }) => {
    for (const field of Object.keys(example.data)) {
      const expected = optional.includes(field) ? [] : [`data.${field}`]
      expect(pathsOf(name, dataOf(name, { [field]: undefined }))).toEqual(expected)
    }
  })

  test.each(catalogue)('in $name is each field of another type', ({ name, example }) => {
    for (const field of Object.keys(example.data)) {
      const wrong = typeof findEvent(name).example.data[field] === 'object' ? 1 : { a: 1 }
      expect(pathsOf(name, dataOf(name, { [field]: wrong }))).toEqual([`data.${field}`])
    }
  })

  test('is reported where it is, with what was expected and what was found', () => {
    const data = dataOf('transcription_created', { speakers: [{ name: 5 }, 'Jo', {}] })
    expect(checkEventData('transcription_created', data)).toEqual([
      { path: ['data', 'speakers', '0', 'name'], message: 'Expected a string, got a number.' },
      { path: ['data', 'speakers', '1'], message: 'Expected an object, got a string.' },
      {
        path: ['data', 'speakers', '2', 'name'],
        message: 'Required.',
      },
    ])
  })

  test.each([null, undefined, [], 'text', 1])('is data that is no object: %j', (data) => {
    expect(pathsOf('summary_created', data)).toEqual(['data'])
  })

  test('is a missing answer, at its place', () => {
    const data = dataOf('scorecard_answers_created')
    delete data.questions_and_answers[1].answer
    expect(checkEventData('scorecard_answers_created', data)).toEqual([
      {
        path: ['data', 'questions_and_answers', '1', 'answer'],
        message: 'Required.',
      },
    ])
  })
})

describe.each<EventName>(['notes_created', 'notes_updated'])('the content of %s', (name) => {
  const warnings = [{ severity: 'high', warning: 'Budget', reasoning: 'Asked twice' }]

  test('is a list for warnings and a string for every other type', () => {
    expect(pathsOf(name, dataOf(name, { note_type: 'warnings', content: warnings }))).toEqual([])
    expect(checkEventData(name, dataOf(name, { note_type: 'warnings' }))).toEqual([
      {
        path: ['data', 'content'],
        message: 'Expected a list of warnings, because note_type is "warnings".',
      },
    ])
    expect(checkEventData(name, dataOf(name, { content: warnings }))).toEqual([
      {
        path: ['data', 'content'],
        message: 'Expected a string: only note_type "warnings" takes a list.',
      },
    ])
  })

  test('is checked inside the list', () => {
    const content = [...warnings, { severity: 1, warning: 'x', reasoning: null }]
    expect(checkEventData(name, dataOf(name, { note_type: 'warnings', content }))).toEqual([
      {
        path: ['data', 'content', '1', 'severity'],
        message: 'Expected a string, got a number.',
      },
    ])
  })

  test('is a string or a list only', () => {
    expect(checkEventData(name, dataOf(name, { content: 5 }))[0]?.message).toBe(
      'Expected a string or a list, got a number.',
    )
  })
})

describe('hostile data', () => {
  test('with the fields hidden in an own __proto__ is refused', () => {
    const data = JSON.parse('{"__proto__":{"meeting_id":"m","session_id":"s","summary":"x"}}')
    expect(pathsOf('summary_created', data)).toEqual([
      'data.meeting_id',
      'data.session_id',
      'data.summary',
    ])
    expect(({} as Record<string, unknown>).meeting_id).toBeUndefined()
  })

  test('nested half a million levels deep is refused by a path', () => {
    const deep = JSON.parse('['.repeat(500_000) + ']'.repeat(500_000))
    const issues = checkEventData('summary_created', { ...dataOf('summary_created'), deep })
    expect(issues).toHaveLength(1)
    expect(issues[0]?.path.slice(0, 3)).toEqual(['data', 'deep', '0'])
    expect(issues[0]?.message).toBe('Expected at most 100 levels of nesting.')
  })

  test('with 100,000 faults is answered by the first thousand', () => {
    const notes = dataOf('notes_created', {
      note_type: 'warnings',
      content: Array(100_000).fill(1),
    })
    expect(checkEventData('notes_created', notes)).toHaveLength(1000)
  })
})

test('a transcript of 200 kB is checked in well under a millisecond', () => {
  const data = dataOf('transcription_created', { transcript: '<p>Zoë: 東京?</p>'.repeat(14_000) })
  checkEventData('transcription_created', data)
  const started = process.cpuUsage()
  for (let run = 0; run < 100; run++) checkEventData('transcription_created', data)
  const { user, system } = process.cpuUsage(started)
  // Microseconds of processor time: other programs on the machine do not count.
  expect((user + system) / 100).toBeLessThan(500)
})
