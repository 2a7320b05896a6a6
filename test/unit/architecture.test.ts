import { readdirSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { dirname, join, normalize, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

/**
 * A folder of src, with the folders that it may import. A room imports only rooms above it in ROOMS, so there is no
 * circle between rooms. `packages` are the libraries that the room may use; LIBRARIES says in which files.
 */
interface Room {
  rooms: readonly string[]
  packages: readonly string[] | 'any'
}

const GROUND = ['domain', 'telemetry', 'concurrency', 'storage'] as const

const ROOMS: Record<string, Room> = {
  domain: { rooms: [], packages: ['node:crypto', 'node:net', 'ipaddr.js', 'zod'] },
  telemetry: { rooms: ['domain'], packages: 'any' },
  concurrency: { rooms: ['telemetry'], packages: ['node:async_hooks'] },
  storage: { rooms: ['domain', 'telemetry', 'concurrency', 'generated'], packages: 'any' },
  audit: { rooms: GROUND, packages: ['node:crypto'] },
  delivery: { rooms: GROUND, packages: 'any' },
  access: { rooms: [...GROUND, 'audit'], packages: ['jose'] },
  destinations: { rooms: [...GROUND, 'audit', 'delivery', 'generated'], packages: [] },
  feed: { rooms: [...GROUND, 'generated'], packages: ['node:crypto', 'node:util'] },
  publishing: { rooms: [...GROUND, 'delivery'], packages: [] },
  retention: { rooms: [...GROUND, 'audit'], packages: [] },
  graphql: {
    rooms: [
      ...GROUND,
      'audit',
      'access',
      'delivery',
      'destinations',
      'feed',
      'publishing',
      'retention',
      'generated',
    ],
    packages: [
      'graphql',
      '@pothos/core',
      '@pothos/plugin-dataloader',
      '@pothos/plugin-errors',
      '@pothos/plugin-prisma',
      '@pothos/plugin-relay',
      '@pothos/plugin-scope-auth',
    ],
  },
  server: {
    rooms: ['domain', 'telemetry', 'concurrency', 'access', 'feed', 'graphql'],
    packages: 'any',
  },
  config: {
    rooms: ['domain', 'telemetry', 'storage', 'access', 'server', 'root'],
    packages: ['node:crypto', 'node:path'],
  },
  process: {
    rooms: [
      ...GROUND,
      'audit',
      'access',
      'delivery',
      'destinations',
      'feed',
      'publishing',
      'retention',
      'graphql',
      'server',
      'config',
    ],
    packages: 'any',
  },
  cli: {
    rooms: [
      ...GROUND,
      'audit',
      'access',
      'destinations',
      'graphql',
      'config',
      'process',
      'generated',
    ],
    packages: 'any',
  },
  // GraphQL is all that the pages share with the service.
  console: { rooms: [], packages: 'any' },
  root: { rooms: ['telemetry', 'config', 'process'], packages: [] },
}

/** The only files that may import a library, and change when it is replaced. */
const LIBRARIES: Record<string, RegExp> = {
  jose: /^access\/jwt\.ts$/,
  ky: /^delivery\/http\/client\.ts$/,
  undici: /^delivery\/http\//,
  pg: /^storage\//,
  'pg-connection-string': /^storage\/connection\/tls\.ts$/,
  'pg-boss': /^delivery\/(queue|wake|turns\/jobs)\.ts$/,
  'fs-native-extensions': /^storage\/embedded-postgres\/file-lock\.ts$/,
  pino: /^telemetry\/(logger|standard-output)\.ts$/,
  'prom-client': /^telemetry\/prometheus\.ts$/,
  '@opentelemetry/api': /^telemetry\/(otel|trace-export)\.ts$/,
  '@opentelemetry/exporter-trace-otlp-http': /^telemetry\/trace-export\.ts$/,
  '@opentelemetry/exporter-trace-otlp-proto': /^telemetry\/trace-export\.ts$/,
  '@opentelemetry/resources': /^telemetry\/trace-export\.ts$/,
  '@opentelemetry/sdk-trace-node': /^telemetry\/trace-export\.ts$/,
  'typeid-js': /^storage\/ids\.ts$/,
  '@prisma/adapter-pg': /^storage\/(database|migrations\/schema-engine)\.ts$/,
  'graphql-yoga': /^server\//,
  ws: /^(server|cli)\//,
  'graphql-ws': /^(server|cli)\/|^console\/session\/live-connection\.ts$/,
}

const manifest: { dependencies: Record<string, string> } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
)

const SRC = fileURLToPath(new URL('../../src', import.meta.url))

interface Import {
  file: string
  /** A path below src, or a package. */
  target: string
  local: boolean
  typeOnly: boolean
}

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.tsx?$/.test(file) && !/^(console\/)?generated\//.test(file))
  .sort()

const sourceOf = (file: string) => readFileSync(join(SRC, file), 'utf8')

const imports = files.flatMap((file): Import[] =>
  [
    ...sourceOf(file).matchAll(/^(?:import|export)\s+(type\s)?(?:[^'"`;]*?\sfrom\s+)?'([^']+)'/gm),
    ...sourceOf(file).matchAll(/\bimport(\s)?\('([^']+)'\)/g),
  ].map(([, type, specifier = '']) => {
    const local = specifier.startsWith('.')
    const target = local ? normalize(join(dirname(file), specifier)) : specifier
    return { file, target, local, typeOnly: type?.trim() === 'type' }
  }),
)

const roomOf = (file: string) => (file.includes('/') ? file.slice(0, file.indexOf('/')) : 'root')
/** A file beside `src`, as package.json, counts as one of the root. */
const targetRoom = (target: string) => (target.startsWith('..') ? 'root' : roomOf(target))

const packageOf = (specifier: string) =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')

function isAllowed({ file, target, local }: Import): boolean {
  const room = ROOMS[roomOf(file)]
  if (!room) return false
  if (local) return [roomOf(file), ...room.rooms].includes(targetRoom(target))
  return (
    room.packages === 'any' ||
    room.packages.some((name) => target === name || packageOf(target) === name)
  )
}

/** Returns each chain of files that ends at its own beginning. */
function circles(followed: readonly Import[]): string[][] {
  const next = new Map<string, string[]>()
  for (const { file, target, local } of followed) {
    if (local) next.set(file, [...(next.get(file) ?? []), target])
  }
  const done = new Set<string>()
  const found: string[][] = []
  const visit = (file: string, path: string[]): void => {
    if (path.includes(file)) found.push([...path.slice(path.indexOf(file)), file])
    if (path.includes(file) || done.has(file)) return
    for (const target of next.get(file) ?? []) visit(target, [...path, file])
    done.add(file)
  }
  for (const file of files) visit(file, [])
  return found
}

describe('the rooms', () => {
  test('import only what the table allows', () => {
    const broken = imports
      .filter((one) => !isAllowed(one))
      .map(({ file, target }) => `${file} imports ${target}`)
    expect(broken).toEqual([])
  })

  test('are all folders of src', () => {
    expect([...new Set(files.map(roomOf))].sort()).toEqual(Object.keys(ROOMS).sort())
  })

  test('import only rooms above them in the table', () => {
    const order = Object.keys(ROOMS)
    const upwards = order.flatMap((room, index) =>
      ROOMS[room]!.rooms.filter(
        (other) => !['generated', 'root'].includes(other) && order.indexOf(other) >= index,
      ).map((other) => `${room} imports ${other}`),
    )
    expect(upwards).toEqual([])
  })

  test('have files that import each other in no circle, of types either', () => {
    expect(circles(imports).map((circle) => circle.join(' > '))).toEqual([])
  })

  test('import each library only in the files of LIBRARIES', () => {
    const strayed = imports
      .filter(({ local, target }) => !local && LIBRARIES[packageOf(target)] !== undefined)
      .filter(({ file, target }) => !LIBRARIES[packageOf(target)]?.test(file))
      .map(({ file, target }) => `${file} imports ${target}`)
    expect(strayed).toEqual([])
  })
})

describe('the dependencies', () => {
  /** Entry points of development, which the published package leaves out. */
  const DEVELOPMENT = ['cli/dev.ts', 'cli/migration.ts', 'cli/print-schema.ts']

  /** Every file that the entry points load, now or later. */
  function loadedFrom(entries: readonly string[]): Set<string> {
    const loaded = new Set(entries)
    for (const file of loaded) {
      for (const one of imports) {
        if (one.file === file && one.local && !one.typeOnly) loaded.add(one.target)
      }
    }
    return loaded
  }

  test('of the running service include no development dependency, such as the schema engine of Prisma', () => {
    const entries = files.filter(
      (file) => file === 'main.ts' || (roomOf(file) === 'cli' && !DEVELOPMENT.includes(file)),
    )
    const loaded = loadedFrom(entries)
    const packages = imports
      .filter(({ file, local, typeOnly }) => loaded.has(file) && !local && !typeOnly)
      .map(({ target }) => packageOf(target))
      .filter((name) => !isBuiltin(name))
    expect(packages).toContain('pg-boss')
    expect(packages.filter((name) => !Object.hasOwn(manifest.dependencies, name))).toEqual([])
  })
})

describe('the environment', () => {
  test('is read in main.ts and the command lines alone', () => {
    // What the console shows to be copied runs elsewhere; a browser has no environment.
    const readers = files.filter(
      (file) => roomOf(file) !== 'console' && /\bprocess\.env\b/.test(sourceOf(file)),
    )
    expect(readers.filter((file) => file !== 'main.ts' && roomOf(file) !== 'cli')).toEqual([])
  })
})

describe('the files', () => {
  test('of the console are at most 15 in a folder, of at least 20 lines each', () => {
    const own = files.filter((file) => roomOf(file) === 'console')
    const folders = Object.groupBy(own, dirname)
    expect(Object.keys(folders).filter((folder) => folders[folder]!.length > 15)).toEqual([])
    const lines = (file: string) => sourceOf(file).trimEnd().split('\n').length
    expect(own.filter((file) => lines(file) < 20)).toEqual([])
  })

  test('are named in kebab-case, and none is a collection without a topic', () => {
    const names = files.map((file) => relative(dirname(file), file))
    expect(names.filter((name) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.d)?\.tsx?$/.test(name))).toEqual([])
    expect(
      names.filter((name) => /^(utils?|types|common|helpers?|misc)\.tsx?$/.test(name)),
    ).toEqual([])
  })

  test('export by name', () => {
    expect(files.filter((file) => /^export default/m.test(sourceOf(file)))).toEqual([])
  })

  test('import node modules with their prefix', () => {
    const bare = imports.filter(
      ({ local, target }) => !local && isBuiltin(target) && !target.startsWith('node:'),
    )
    expect(bare.map(({ file, target }) => `${file} imports ${target}`)).toEqual([])
  })
})
