import { readdirSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { dirname, join, normalize, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

/**
 * Who may import what. `types` may be imported by `import type` alone. A folder's own files are named like
 * any other; files of node and packages are named as they are imported.
 */
interface Rule {
  folders: readonly string[]
  types?: readonly string[]
  packages: readonly string[] | 'any'
}

const LAYERS: Record<string, Rule> = {
  domain: { folders: ['domain'], packages: ['node:crypto', 'node:net', 'ipaddr.js', 'zod'] },
  services: { folders: ['domain', 'services'], types: ['generated/prisma'], packages: [] },
  adapters: {
    folders: ['domain', 'adapters', 'generated/prisma'],
    types: ['services'],
    packages: 'any',
  },
  jobs: { folders: ['domain', 'services'], packages: [] },
  graphql: {
    folders: ['domain', 'services', 'graphql', 'generated'],
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
  server: { folders: ['server', 'graphql'], types: ['services'], packages: 'any' },
  // What it asks the API is all that it shares with the rest.
  console: { folders: ['console'], packages: 'any' },
  cli: {
    folders: ['cli', 'adapters', 'domain', 'generated', 'graphql', 'services', 'root'],
    packages: 'any',
  },
  root: {
    folders: ['adapters', 'domain', 'graphql', 'jobs', 'server', 'services', 'root'],
    packages: ['node:crypto'],
  },
}

/** The only files that may know a library: whoever replaces it opens these. */
const LIBRARIES: Record<string, RegExp> = {
  jose: /^adapters\/jwt\.ts$/,
  ky: /^adapters\/webhook-client\.ts$/,
  undici: /^adapters\/(webhook-|address-guard)/,
  pg: /^adapters\/(database|id-collation|listener|migrations|migration-draft|schema-engine|postgres-|embedded-postgres)/,
  'pg-connection-string': /^adapters\/database-tls\.ts$/,
  'pg-boss': /^adapters\/(queue|drain-pump|wake-worker)\.ts$/,
  'fs-native-extensions': /^adapters\/file-lock\.ts$/,
  pino: /^adapters\/(logger|standard-output)\.ts$/,
  'prom-client': /^adapters\/prometheus\.ts$/,
  '@opentelemetry/api': /^adapters\/trac(ing|e-export)\.ts$/,
  '@opentelemetry/exporter-trace-otlp-http': /^adapters\/trace-export\.ts$/,
  '@opentelemetry/exporter-trace-otlp-proto': /^adapters\/trace-export\.ts$/,
  '@opentelemetry/resources': /^adapters\/trace-export\.ts$/,
  '@opentelemetry/sdk-trace-node': /^adapters\/trace-export\.ts$/,
  'typeid-js': /^adapters\/ids\.ts$/,
  '@prisma/adapter-pg': /^adapters\/(database|schema-engine)\.ts$/,
  'graphql-yoga': /^server\//,
  'rate-limiter-flexible': /^server\/mutation-limit\.ts$/,
  ws: /^(server|cli)\//,
  'graphql-ws': /^(server|cli)\/|^console\/live-connection\.ts$/,
}

const SRC = fileURLToPath(new URL('../src', import.meta.url))

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

const layerOf = (file: string) => (file.includes('/') ? file.slice(0, file.indexOf('/')) : 'root')
const inFolder = (target: string, folder: string) =>
  folder === 'root'
    ? !target.includes('/') || target.startsWith('..')
    : target.startsWith(`${folder}/`)

const packageOf = (specifier: string) =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')

function isAllowed({ file, target, local, typeOnly }: Import): boolean {
  const rule = LAYERS[layerOf(file)]
  if (!rule) return false
  if (!local) {
    return (
      rule.packages === 'any' ||
      rule.packages.some((name) => target === name || packageOf(target) === name)
    )
  }
  const folders = [...rule.folders, ...(typeOnly ? (rule.types ?? []) : [])]
  return folders.some((folder) => inFolder(target, folder))
}

describe('the layers', () => {
  test('import only what the table allows', () => {
    const broken = imports
      .filter((one) => !isAllowed(one))
      .map(({ file, target }) => `${file} imports ${target}`)
    expect(broken).toEqual([])
  })

  test('are all of the folders there are', () => {
    expect([...new Set(files.map(layerOf))].sort()).toEqual(Object.keys(LAYERS).sort())
  })

  test('keep each library in its place', () => {
    const strayed = imports
      .filter(({ local, target }) => !local && LIBRARIES[packageOf(target)] !== undefined)
      .filter(({ file, target }) => !LIBRARIES[packageOf(target)]?.test(file))
      .map(({ file, target }) => `${file} imports ${target}`)
    expect(strayed).toEqual([])
  })
})

describe('the environment', () => {
  test('is read in main.ts and the command lines alone', () => {
    // What the console shows to be copied runs elsewhere; a browser has no environment.
    const readers = files.filter(
      (file) => layerOf(file) !== 'console' && /\bprocess\.env\b/.test(sourceOf(file)),
    )
    expect(readers.filter((file) => file !== 'main.ts' && layerOf(file) !== 'cli')).toEqual([])
  })
})

describe('the files', () => {
  test('have at most 400 lines', () => {
    const long = files.filter((file) => sourceOf(file).split('\n').length > 400)
    expect(long).toEqual([])
  })

  test('are named in kebab-case, and none is a drawer for this and that', () => {
    const names = files.map((file) => relative(dirname(file), file))
    expect(names.filter((name) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.d)?\.tsx?$/.test(name))).toEqual([])
    expect(
      names.filter((name) => /^(utils?|types|common|helpers?|misc)\.tsx?$/.test(name)),
    ).toEqual([])
  })

  test('export by name', () => {
    expect(files.filter((file) => /^export default/m.test(sourceOf(file)))).toEqual([])
  })

  test('know node by its prefix', () => {
    const bare = imports.filter(
      ({ local, target }) => !local && isBuiltin(target) && !target.startsWith('node:'),
    )
    expect(bare.map(({ file, target }) => `${file} imports ${target}`)).toEqual([])
  })
})
