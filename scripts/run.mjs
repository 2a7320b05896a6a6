// Runs a program of the service, or says what is missing from the installation. This file is plain JavaScript for Node 12
// and later, because an installation without scripts may start it with an old Node.
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..')

/** Exit code for an installation that the operator has to complete, as in sysexits.h. */
const EX_CONFIG = 78

/** Files that `npm run prepare` generates. */
const GENERATED = [
  'src/generated/prisma/client.ts',
  'src/generated/graphql/graphql.ts',
  'dist/console/index.html',
]

const inRoot = (path) => existsSync(join(ROOT, path))
const released = inRoot('lib/main.js')

/** Returns a sentence that says what is missing and what to run, or null. */
function findFault() {
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const install = released ? 'npm install --omit=dev' : 'npm ci'
  const missing = Object.keys(dependencies).find((name) => name !== 'node' && !isInstalled(name))
  if (missing !== undefined) return `The package "${missing}" is not installed. Run: ${install}`
  const needed = Number(dependencies.node.split('.')[0])
  if (Number(process.versions.node.split('.')[0]) < needed) {
    // Only npm writes this file. Other package managers do not run the script that installs Node.
    const repair = inRoot('node_modules/.package-lock.json')
      ? 'npm rebuild node --ignore-scripts=false'
      : install
    return `The service needs Node ${needed} or later, and this is Node ${process.versions.node}. The install script of the package "node", which installs it, did not run. Run: ${repair}`
  }
  if (!released && !GENERATED.every(inRoot)) {
    return 'The generated files are missing, as after an installation without scripts. Run: npm run prepare'
  }
  return null
}

/** Looks in each parent folder, as Node does. */
function isInstalled(name) {
  for (let folder = ROOT; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'node_modules', name, 'package.json'))) return true
    if (folder === dirname(folder)) return false
  }
}

const [program, ...args] = process.argv.slice(2)
const fault = findFault()
if (fault === null) {
  const file = join(ROOT, released ? `lib/${program}.js` : `src/${program}.ts`)
  process.argv = [process.argv[0], file, ...args]
  import(pathToFileURL(file).href)
} else {
  console.error(fault)
  process.exitCode = EX_CONFIG
}
