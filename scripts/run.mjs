// Runs a program of the service, or says in a sentence what its installation lacks. Plain JavaScript that any Node from
// 12 on can read, since an installation without scripts may start it with an old one.
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..')

/** Exit code for what the operator has to set right, as in sysexits.h. */
const EX_CONFIG = 78

/** Files that `npm run prepare` makes. */
const MADE = [
  'src/generated/prisma/client.ts',
  'src/generated/graphql/graphql.ts',
  'dist/console/index.html',
]

const inRoot = (path) => existsSync(join(ROOT, path))
const released = inRoot('lib/main.js')

/** @returns what is wrong and what to run, null when nothing is */
function findFault() {
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const install = released ? 'npm install --omit=dev' : 'npm ci'
  const missing = Object.keys(dependencies).find((name) => name !== 'node' && !isInstalled(name))
  if (missing !== undefined) return `The package "${missing}" is not installed. Run: ${install}`
  const needed = Number(dependencies.node.split('.')[0])
  if (Number(process.versions.node.split('.')[0]) < needed) {
    // Only npm leaves this file; other package managers do not run the script that brings Node.
    const repair = inRoot('node_modules/.package-lock.json')
      ? 'npm rebuild node --ignore-scripts=false'
      : install
    return `The service runs on Node ${needed} or later, this is ${process.versions.node}, and the install script of the package "node", which brings it, did not run. Run: ${repair}`
  }
  if (!released && !MADE.every(inRoot)) {
    return 'The generated files are missing, as after an installation without scripts. Run: npm run prepare'
  }
  return null
}

/** As Node resolves it: packages may be installed in a folder further out. */
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
