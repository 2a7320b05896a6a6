import { afterEach, expect, test, vi } from 'vitest'
import { loadConfig } from '../../../src/config/config.ts'
import { Environment } from '../../../src/config/environment.ts'
import { read, tableRows } from './document.ts'

afterEach(() => void vi.restoreAllMocks())

/** The variables of docs/configuration.md with their defaults and meanings. */
const documented = new Map(
  tableRows(read('docs/configuration.md'))
    .filter((row) => row.length === 3)
    .map(([variable = '', value = '', meaning = '']) => [
      variable.replaceAll('`', ''),
      { value, meaning },
    ]),
)

/** Records the variables that the configuration reads, with the arguments of the call. */
function readVariables(): Map<string, readonly unknown[]> {
  const calls = new Map<string, readonly unknown[]>()
  for (const method of ['text', 'list', 'boolean', 'integer', 'choice'] as const) {
    const original = Environment.prototype[method] as (...args: unknown[]) => unknown
    vi.spyOn(Environment.prototype, method).mockImplementation(function (
      this: Environment,
      ...args: unknown[]
    ) {
      const [name, ...rest] = args as [string, ...unknown[]]
      if (method !== 'text' || !calls.has(name)) calls.set(name, [method, ...rest])
      return original.apply(this, args)
    } as never)
  }
  loadConfig({})
  loadConfig({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' })
  return calls
}

test('docs/configuration.md lists exactly the variables that the configuration reads', () => {
  expect([...documented.keys()].sort()).toEqual([...readVariables().keys()].sort())
})

test('every default in docs/configuration.md is the one that the configuration uses', () => {
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' }
  for (const [name, { value }] of documented) {
    if (value === '') continue
    const base = name.startsWith('OTEL_') ? endpoint : {}
    expect(loadConfig({ ...base, [name]: value }), name).toEqual(loadConfig(base))
  }
})

test('every setting with a default has it in docs/configuration.md', () => {
  const { host, dataDir } = loadConfig({})
  const defaults = [...readVariables()].flatMap(([name, [method, ...args]]) => {
    if (method === 'integer') return [[name, String(args[0])]]
    if (method === 'choice') return [[name, String(args[1])]]
    return method === 'boolean' ? [[name, 'false']] : []
  })
  defaults.push(['HOST', host], ['DATA_DIR', dataDir])
  for (const [name = '', value] of defaults) {
    expect(documented.get(name)?.value, name).toBe(value)
  }
})

test('docs/configuration.md names the range of every number and the choices of every text', () => {
  for (const [name, [method, first, second]] of readVariables()) {
    const meaning = documented.get(name)?.meaning
    if (method === 'integer') {
      const { from, to } = second as { from: number; to: number }
      expect(meaning).toContain(`${from} to ${to}`)
    }
    if (method === 'choice') {
      for (const choice of first as string[]) expect(meaning).toMatch(new RegExp(`\\b${choice}\\b`))
    }
  }
})
