// Generates src/generated, src/console/generated and dist/console, which are not in the repository. An installation without
// development packages has no generators, so they are installed in a temporary folder and removed afterwards. A release
// contains the generated files.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..')
const GENERATORS = ['prisma', '@graphql-codegen/cli', 'vite']
const GENERATED = ['src/generated', 'src/console/generated', 'dist/console']
const SOURCES = [
  ...['package.json', 'package-lock.json', '.npmrc', 'tsconfig.json', 'schema.graphql'],
  ...['prisma.config.ts', 'codegen.ts', 'vite.config.ts', 'prisma', 'src', 'test'],
]

/** Runs npm, and ends this process with its exit code when it fails. */
function npm(folder, args) {
  const { npm_execpath: path = '' } = process.env
  const [command, first] = /npm-cli\.js$/.test(path) ? [process.execPath, [path]] : ['npm', []]
  // Settings of the npm that runs this script, such as --omit=dev, must not apply.
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^npm_config_(omit|include|production|ignore_scripts)$/i.test(name),
  )
  const env = { ...Object.fromEntries(inherited), NODE_ENV: 'development' }
  const { status } = spawnSync(command, [...first, ...args], {
    cwd: folder,
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  if (status === 0) return
  console.error(
    'The generated files could not be created. Run: npm ci --include=dev --ignore-scripts=false, or install a release, which contains them.',
  )
  process.exit(status || 1)
}

function generate(folder) {
  npm(folder, ['run', '--silent', 'generate'])
  npm(folder, ['run', '--silent', 'build:console'])
}

function generateAside() {
  console.log('Generating files with a temporary copy of the development packages')
  // A signal ends the running command and then this script, which removes the folder.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1))
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'bigmind-prepare-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  for (const name of SOURCES) {
    if (existsSync(join(ROOT, name)))
      cpSync(join(ROOT, name), join(folder, name), { recursive: true })
  }
  npm(folder, [
    ...['ci', '--include=dev', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'],
  ])
  generate(folder)
  for (const name of GENERATED) {
    rmSync(join(ROOT, name), { recursive: true, force: true })
    cpSync(join(folder, name), join(ROOT, name), { recursive: true })
  }
}

if (existsSync(join(ROOT, 'src'))) {
  const complete = GENERATORS.every((name) =>
    existsSync(join(ROOT, 'node_modules', name, 'package.json')),
  )
  if (complete) generate(ROOT)
  else generateAside()
}
