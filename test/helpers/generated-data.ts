import fc from 'fast-check'
import { catalogue, type EventName } from '../../src/domain/events/index.ts'

/** A publish input as it arrives: `dataText` is the text in the request. */
export interface GeneratedInput {
  event: EventName
  dataText: string
  ids: string[]
}

/** Everything known to make JSON.parse and JSON.stringify disagree with a naive writer. */
const numbers = ['1.0', '1e21', '-0', '0.1e-6', '1E+2', '123456789012345680000', '5e-324']
const strings = [
  '"\u2028\u2029"',
  '"\\u2028"',
  '"\\ud800"',
  '"\\udfff x"',
  '"👩‍🚀"',
  '"\\/\\u00e9é"',
  '"\\u0000"',
]
const keys = [
  '"10"',
  '"2"',
  '"-1"',
  '"01"',
  '"__proto__"',
  '"constructor"',
  '"toJSON"',
  '"\\ud83d"',
  '""',
]
const html = `"${'<p class=\\"line\\">Zoë &amp; 東京 \u2028</p>\\n'.repeat(4500)}"` // some 200 kB

const anyText = fc.string({ unit: 'binary', maxLength: 12 }).map((text) => JSON.stringify(text))
const keyText = fc.oneof(
  fc.constantFrom(...keys),
  fc.nat(99).map((n) => `"${n}"`),
  anyText,
)

const { valueText } = fc.letrec<{ valueText: string; membersText: string }>((tie) => ({
  valueText: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom(...numbers, ...strings, 'true', 'null'),
    fc.oneof(
      anyText,
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => String(n)),
    ),
    fc.array(tie('valueText'), { maxLength: 4 }).map((items) => `[${items.join(', ')}]`),
    tie('membersText').map((members) => `{ ${members} }`),
  ),
  membersText: fc
    .array(fc.tuple(keyText, tie('valueText')), { maxLength: 5 })
    .map((members) => members.map(([key, value]) => `${key} : ${value}`).join(',')),
}))

const extras = fc.oneof(
  { weight: 199, arbitrary: fc.array(fc.tuple(keyText, valueText), { maxLength: 4 }) },
  { weight: 1, arbitrary: fc.constant([['"page"', html]] as [string, string][]) },
)

/** Valid data of any event, with extra fields of every awkward kind before the event's own. */
export const generatedInput: fc.Arbitrary<GeneratedInput> = fc
  .record({
    definition: fc.constantFrom(...catalogue),
    extras,
    ids: fc.array(fc.string({ unit: 'binary', maxLength: 8 }), { maxLength: 3 }),
  })
  .map(({ definition, extras, ids }) => {
    const members = extras.map(([key, value]) => `${key}: ${value},`).join('')
    const own = JSON.stringify(definition.example.data).slice(1)
    return { event: definition.name, dataText: `{${members}${own}`, ids }
  })
