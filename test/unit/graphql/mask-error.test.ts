import { GraphQLError, locatedError } from 'graphql'
import { expect, test } from 'vitest'
import { NotFoundError, SecretUnavailableError } from '../../../src/domain/errors.ts'
import { createMaskError } from '../../../src/graphql/mask-error.ts'
import { badUserInput } from '../../../src/graphql/request-error.ts'
import { isTransient } from '../../../src/storage/database-fault.ts'

const logged: object[] = []
const maskError = createMaskError({
  db: { isTransient },
  log: { debug() {}, info() {}, warn() {}, error: (fields) => logged.push(fields) },
})

const thrownBelow = (error: Error) => locatedError(error, undefined, ['viewer', 'organization'])

test('an error for the client keeps its message and path', () => {
  const thrown = thrownBelow(badUserInput('first must be 1 to 100, got 0.'))
  expect(maskError(thrown, 'req_1')).toBe(thrown)
  expect(thrown.toJSON()).toMatchObject({
    message: 'first must be 1 to 100, got 0.',
    path: ['viewer', 'organization'],
    extensions: { code: 'BAD_USER_INPUT' },
  })
})

test('an error of GraphQL about the request is not masked', () => {
  const request = new GraphQLError('Variable "$id" of required type "ID!" was not provided.')
  expect(maskError(request, 'req_1')).toBe(request)
  const argument = thrownBelow(new GraphQLError('Argument "id" of required type "ID!" was not …'))
  expect(maskError(argument, 'req_1')).toBe(argument)
})

test.each([
  new TypeError('undefined is not a function'),
  Object.assign(new Error('No record was found for a query.'), { code: 'P2025' }),
  new NotFoundError('whk_1'),
  new GraphQLError('Enum "EventType" cannot represent value: "x"'),
])('%s is internal: the client gets the request id only', (fault) => {
  logged.length = 0
  const shown = maskError(thrownBelow(fault), 'req_42').toJSON()
  expect(shown).toEqual({
    message: 'An internal error occurred. Quote request req_42 if you contact support.',
    path: ['viewer', 'organization'],
    extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: 'req_42' },
  })
  expect(logged).toEqual([{ err: fault, requestId: 'req_42', path: ['viewer', 'organization'] }])
})

test('a thrown value that is not a GraphQL error is masked too', () => {
  expect(maskError('boom', 'req_1').message).toContain('Quote request req_1')
})

test('a secret that cannot be decrypted is reported without the cause', () => {
  const fault = new SecretUnavailableError('No key of the ring opens this secret of whk_1.')
  const shown = maskError(thrownBelow(fault), 'req_7')
  expect(shown.message).toBe(
    'The signing secret cannot be read. Rotate it to get a new one. Quote request req_7 if you contact support.',
  )
  expect(shown.extensions).toEqual({
    code: 'INTERNAL_SERVER_ERROR',
    requestId: 'req_7',
    reason: 'SECRET_UNAVAILABLE',
  })
})

test.each([
  new Error('connect ECONNREFUSED 10.0.0.7:5432'),
  Object.assign(new Error('cannot execute INSERT in a read-only transaction'), { code: '25006' }),
  Object.assign(new Error("Can't reach database server"), { code: 'P1001' }),
  Object.assign(new Error('Invalid findMany() invocation'), {
    code: 'P2039',
    meta: { driverAdapterError: { cause: { originalCode: '57P01' } } },
  }),
])(
  '%s is transient: the client is advised to try again, and the message hides the cause',
  (fault) => {
    const shown = maskError(thrownBelow(fault), 'req_9').toJSON()
    expect(shown.message).toBe(
      'The service is temporarily unavailable. Try again in a few seconds; an event with an idempotency key is not published twice. Quote request req_9 if you contact support.',
    )
    expect(shown.extensions).toEqual({
      code: 'INTERNAL_SERVER_ERROR',
      requestId: 'req_9',
      reason: 'UNAVAILABLE',
    })
  },
)
