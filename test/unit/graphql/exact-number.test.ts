import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { exactNumber, refuseInexactNumbers } from '../../../src/graphql/scalars/exact-number.ts'

describe('a number', () => {
  test.each([
    ...['0', '-0', '0.0', '1.0', '-1.50', '1e2', '1E+2', '1e-2', '0.10', '0e999', '100000e-5'],
    ...['9007199254740992', '-9007199254740992', '0.30000000000000004', '5e-324', '1e308', '1e21'],
    ...[
      '12345678901234567000',
      '1.7976931348623157e308',
      '2.2250738585072014e-308',
      '1e00000000002',
    ],
  ])('%s is the double of its value', (source) => {
    expect(exactNumber(source)).toBe(JSON.parse(source))
  })

  test.each([
    ...['50755254975729665', '-50755254975729665', '9007199254740993', '0.1234567890123456789'],
    ...['1e400', '-1e400', '1e-400', '4e-324', '1.0000000000000000000001', '0.30000000000000003'],
    ...['12345678901234567891', '1e-99999999999999999999', `0.${'0'.repeat(400)}1`],
  ])('%s is Infinity: no double has its value', (source) => {
    expect(exactNumber(source)).toBe(Number.POSITIVE_INFINITY)
  })

  test('is exact when its digits are those of the shortest text of its double', () => {
    const number = fc
      .tuple(
        fc.constantFrom('', '-'),
        fc.bigInt({ min: 0n, max: 10n ** 20n }),
        fc.constantFrom('', '.0', '.5', '.123456789', '.00000000000000001'),
        fc.oneof(
          fc.constant(''),
          fc.integer({ min: -330, max: 320 }).map((exponent) => `e${exponent}`),
        ),
      )
      .map((parts) => parts.join(''))
    fc.assert(
      fc.property(number, (source) => {
        const value = Number(source)
        const isExact = Number.isFinite(value) && rationalOf(source) === rationalOf(String(value))
        expect(exactNumber(source)).toBe(isExact ? value : Number.POSITIVE_INFINITY)
        const json = `{"a":"${source}","b":[ ${source}]}`
        expect(JSON.parse(refuseInexactNumbers(json))).toEqual({
          a: source,
          b: [isExact ? value : Number.POSITIVE_INFINITY],
        })
      }),
      { numRuns: 2_000 },
    )
  })
})

/** The value times 10 to the power of 1,000, without its sign; a way to compare that the code does not use. */
function rationalOf(source: string): bigint {
  const [mantissa = '', exponent = '0'] = source.replace(/^-/, '').split('e')
  const [whole = '', fraction = ''] = mantissa.split('.')
  return BigInt(whole + fraction) * 10n ** BigInt(1_000 + Number(exponent) - fraction.length)
}

describe('a JSON text', () => {
  const big = '50755254975729665'

  test.each([
    [`{"a":${big}}`, '{"a":1e999}'],
    [`{"a": ${big} ,"b":1.0}`, '{"a": 1e999 ,"b":1.0}'],
    [`{"a":[1,-${big},\n${big}]}`, '{"a":[1,1e999,\n1e999]}'],
    [`{"a":"x,${big}","b":${big}}`, `{"a":"x,${big}","b":1e999}`],
    [`{"a":"\\",${big}\\\\","b":${big}}`, `{"a":"\\",${big}\\\\","b":1e999}`],
    [`{",${big}":1e-400}`, `{",${big}":1e999}`],
  ])('%s becomes %s', (json, expected) => {
    expect(refuseInexactNumbers(json)).toBe(expected)
  })

  test.each([
    `{"a":"${big}","b":",${big}"}`,
    `{"a":0.30000000000000004,"b":[1e21,12345678901234567000]}`,
    // Invalid JSON stays invalid.
    `{"a":0${big}}`,
    `{"a":${big}.}`,
    `{"a":1.${big}.5}`,
    `{"a":" ${big}`,
  ])('%s stays as it is', (json) => {
    expect(refuseInexactNumbers(json)).toBe(json)
  })

  test.each([
    ['zeros within a number', `{"a":1${'0'.repeat(1_000_000)}1}`],
    ['runs of zeros', `{"a":1${'0'.repeat(9).concat('1').repeat(100_000)}}`],
    ['backslashes', `{"a":${big},"b":"${'\\\\'.repeat(500_000)}"}`],
    ['open strings', `{"a":${big},${'"\\"'.repeat(300_000)}`],
    ['numbers', `{"a":[${Array(50_000).fill(big)}]}`],
    ['exponents', `{"a":[${Array(100_000).fill('1e-400')}]}`],
    ['digits before no exponent', `{"a":[${'1 '.repeat(500_000)}${big}]}`],
  ])(
    'of 1 MB of %s is read in linear time: quadratic time exceeds the time limit',
    (_what, json) => {
      expect(refuseInexactNumbers(json)).toContain(':')
    },
  )
})
