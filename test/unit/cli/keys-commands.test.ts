import { expect, test } from 'vitest'
import { COMMANDS, UsageError } from '../../../src/cli/keys/commands.ts'

type Line = Parameters<(typeof COMMANDS)[string]>[0]
type Options = Line['options']

test.each<[options: Options, says: string]>([
  [{ new: 'Acme', organization: 'acme' }, '--organization and --new exclude each other.'],
  [{ new: 'Acme', platform: true }, '--new and --platform exclude each other.'],
  [{ organization: 'acme', platform: true }, '--organization and --platform exclude each other.'],
  [{ new: 'Ac\u009bme', name: 'x', scopes: 'all' }, '--new: Expected 1 to 255 characters.'],
  [{ new: 'Acme', name: 'x\u202e', scopes: 'all' }, '--name: Expected 1 to 255 characters.'],
  [{ new: 'Acme', name: 'x' }, 'create needs --scopes LIST.'],
  [{ new: 'Acme', scopes: 'all' }, 'create needs --name NAME.'],
  [{ new: 'Acme', name: 'x', scopes: 'EVERY\u009b' }, 'There is no scope "EVERY\\u{9b}".'],
])('create with %j is refused', (options, says) => {
  const parse = () => COMMANDS.create!({ options, operands: [], env: {} })
  expect(parse).toThrow(UsageError)
  expect(parse).toThrow(says)
})

test.each([[[]], [['key_1', 'key_2']]])('revoke with %j is refused', (operands: string[]) => {
  const parse = () => COMMANDS.revoke!({ options: {}, operands, env: {} })
  expect(parse).toThrow(new UsageError('revoke takes one id.'))
})
