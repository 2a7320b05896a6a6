import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseSync } from 'vite'
import { describe, expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

interface Node {
  type: string
  start: number
  end: number
  [field: string]: unknown
}

interface Source {
  file: string
  text: string
  comments: { value: string }[]
  program: Node
}

function readFolder(folder: string): Source[] {
  return readdirSync(`${ROOT}${folder}`, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file) && !/generated\/|fixtures\//.test(file))
    .map((file) => `${folder}/${file}`)
    .sort()
    .map((file) => {
      const text = readFileSync(`${ROOT}${file}`, 'utf8')
      const { comments, program } = parseSync(file, text)
      return { file, text, comments, program: program as unknown as Node }
    })
}

const sources = readFolder('src')
const tests = readFolder('test')

/** Calls `see` with each node below `node`, and the nodes that contain it, outermost first. */
function visit(node: Node, see: (node: Node, path: readonly Node[]) => void, path: Node[] = []) {
  see(node, path)
  for (const field of Object.values(node)) {
    for (const child of Array.isArray(field) ? field : [field]) {
      if (child && typeof child === 'object' && 'type' in child && 'start' in child) {
        visit(child as Node, see, [...path, node])
      }
    }
  }
}

const textOf = ({ text }: Source, { start, end }: Node) => text.slice(start, end)
const lineOf = ({ text }: Source, position: number) => text.slice(0, position).split('\n').length

/** The test names of a file, each with the names of the `describe` around it. */
function testNames(source: Source): string[] {
  const names: string[] = []
  const titleOf = (node: Node, called: RegExp): string | null => {
    if (node.type !== 'CallExpression') return null
    if (!called.test(textOf(source, node.callee as Node))) return null
    const [title] = node.arguments as Node[]
    return title && /^(Literal|TemplateLiteral)$/.test(title.type) ? textOf(source, title) : null
  }
  visit(source.program, (node, path) => {
    const title = titleOf(node, /^(test|it)\b/)
    if (title === null) return
    const groups = path.map((outer) => titleOf(outer, /^describe\b/)).filter((one) => one !== null)
    names.push([...groups, title].join(' '))
  })
  return names
}

/** The name of a number ends with its unit, or with what is counted, as in MAX_ATTEMPTS. */
const UNIT =
  /_(MS|SECONDS|MINUTES|HOURS|DAYS|BYTES|CHARACTERS|CODE|OID|FD|VERSION|LOCK|LIMIT|SIZE|LENGTH|COUNT|COST|DEPTH|RATIO|PERCENT|PX|PORT|PER_[A-Z_]+)$|^(MAX|MIN|DEFAULT)_([A-Z]+_)*[A-Z]+S$/

/** Numbers without a unit: characters. */
const UNITLESS = [
  'src/delivery/http/response-head.ts: CR',
  'src/delivery/http/response-head.ts: LF',
]

describe('names', () => {
  test('of numbers end with their unit', () => {
    const found = sources.flatMap((source) => {
      const names: string[] = []
      visit(source.program, (node) => {
        if (node.type !== 'VariableDeclarator' || !node.init) return
        const name = (node.id as { name?: string }).name ?? ''
        const isNumber = /^[\d_.*\s+/-]+$/.test(textOf(source, node.init as Node))
        if (/^[A-Z][A-Z0-9_]+$/.test(name) && isNumber && !UNIT.test(name)) {
          names.push(`${source.file}: ${name}`)
        }
      })
      return names
    })
    expect(found.sort()).toEqual(UNITLESS)
  })

  test('of tests are unique in their file', () => {
    const twice = tests.flatMap((source) =>
      testNames(source)
        .filter((name, index, all) => all.indexOf(name) < index)
        .map((name) => `${source.file}: ${name}`),
    )
    expect(twice).toEqual([])
  })
})

/** Words that comments and test names do not use for what code, a database or a client does. */
const WORDS = new RegExp(
  String.raw`\b(${[
    'hears?|heard|tells?|told|brings?|stands? (?!for)|mends?|mended|dies',
    'goes on|gives? up|gave up|given up|works? off|worked off|looks at|looked at|comes? live',
    'holds? (it |them |others |us |anybody |nobody )?up',
    'whoever|nobody|somebody|anew|gently|as ever|all the same|for good|be it|of ours|our own',
    'the house|good order|last word|on the wire|at about the same time',
  ].join('|')})\b`,
  'i',
)

test('comments and test names use the words of the field', () => {
  const found = [...sources, ...tests].flatMap((source) =>
    [...source.comments.map(({ value }) => value), ...testNames(source)]
      .filter((text) => WORDS.test(text))
      .map(
        (text) => `${source.file}: "${WORDS.exec(text)![0]}" in ${text.replace(/[\s*]+/g, ' ')}`,
      ),
  )
  expect(found).toEqual([])
})

/** Counts the lines of a function without those of the functions in it. */
function ownLines(source: Source, node: Node): number {
  let lines = linesOf(source, node)
  visit(node, (inner, path) => {
    const outermost = path.length > 0 && path.slice(1).every(({ type }) => !isFunction(type))
    if (outermost && isFunction(inner.type)) lines -= Math.max(0, linesOf(source, inner) - 1)
  })
  return lines
}

const isFunction = (type: string) => /Function/.test(type) && !type.startsWith('TS')
const linesOf = (source: Source, { start, end }: Node) =>
  lineOf(source, end) - lineOf(source, start) + 1

/** The name of a function, or of the variable, property or call that it is written in. */
function nameOf(node: Node, parent: Node): string {
  const callee = parent.callee as Node | undefined
  const names = [node.id, parent.id, parent.key, callee?.property, callee]
  return names.map((one) => (one as { name?: string } | null)?.name).find(Boolean) ?? 'a function'
}

const MAX_FUNCTION_LINES = 40
const MAX_FILE_LINES = 300

/** Longer functions: tables of fields and elements, which are easier to read in one piece, and the wiring of the server. */
const LONG_FUNCTIONS = [
  'src/console/deliveries/attempt-panel.tsx: Details',
  'src/console/destination/destination-head.tsx: DestinationHead',
  'src/console/destination/settings-form.tsx: SettingsForm',
  'src/console/webhooks/destination-table.tsx: DestinationRow',
  'src/graphql/access/api-key.ts: fields',
  'src/graphql/access/audit-log.ts: fields',
  'src/graphql/delivery/delivery-attempt.ts: fields',
  'src/graphql/delivery/delivery-mutations.ts: mutationFields',
  'src/graphql/delivery/delivery.ts: fields',
  'src/graphql/destination/destination.ts: fields',
  'src/graphql/event/event-mutations.ts: mutationFields',
  'src/graphql/event/event.ts: fields',
  'src/server/start-server.ts: startServer',
]

/** Longer files: the tests of secrets share 1,000 deliveries, and the last ones search the rows and the log of all others. */
const LONG_FILES = ['test/trust/secrets.test.ts']

describe('sizes', () => {
  test(`functions have at most ${MAX_FUNCTION_LINES} lines, except those in LONG_FUNCTIONS`, () => {
    const long = sources.flatMap((source) => {
      const names: string[] = []
      visit(source.program, (node, path) => {
        if (!isFunction(node.type) || ownLines(source, node) <= MAX_FUNCTION_LINES) return
        names.push(`${source.file}: ${nameOf(node, path.at(-1)!)}`)
      })
      return names
    })
    expect(long.sort()).toEqual(LONG_FUNCTIONS)
  })

  test(`files have at most ${MAX_FILE_LINES} lines, except those in LONG_FILES`, () => {
    const long = [...sources, ...tests].filter(
      ({ text }) => text.split('\n').length - 1 > MAX_FILE_LINES,
    )
    expect(long.map(({ file }) => file)).toEqual(LONG_FILES)
  })
})
