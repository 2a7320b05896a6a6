import { existsSync, globSync, readdirSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { expect, test } from 'vitest'
import { anchorsOf, DOCUMENTS, headingsOf, proseOf, ROOT, read, rowsUnder } from './document.ts'

/** Returns the relative links of a document, images included. */
const linksOf = (file: string): string[] =>
  [...proseOf(file).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target))

test.each(DOCUMENTS)('every relative link of %s leads to a file and a heading', (file) => {
  const broken = linksOf(file).filter((link) => {
    const [path = '', anchor] = link.split('#')
    const target = path === '' ? file : normalize(join(dirname(file), path))
    if (!existsSync(join(ROOT, target))) return true
    return anchor !== undefined && !anchorsOf(target).includes(anchor)
  })
  expect(broken).toEqual([])
})

test('docs/README.md links every document', () => {
  const linked = linksOf('docs/README.md').map((link) => normalize(join('docs', link)))
  const others = ['README.md', 'docs/README.md']
  expect(DOCUMENTS.filter((file) => ![...linked, ...others].includes(file))).toEqual([])
})

test('every document and section that a program names exists', () => {
  const sources = globSync(['src/**/*.{ts,tsx}', 'scripts/*.mjs'], { cwd: ROOT })
  const named = sources
    .filter((file) => !file.includes('/generated/'))
    .flatMap((file) => [...read(file).matchAll(/(?:"([^"\n]+)" in )?(docs\/[\w-]+\.md)/g)])
  expect(named.length).toBeGreaterThan(0)
  const missing = named.filter(([, section, file = '']) => {
    if (!DOCUMENTS.includes(file)) return true
    return section !== undefined && !headingsOf(file).includes(section)
  })
  expect(missing.map(([text]) => text)).toEqual([])
})

test('every proof that SECURITY.md names is a test', () => {
  const proofs = rowsUnder('SECURITY.md', 'Protections').flatMap(([, , proof = '']) =>
    [...proof.matchAll(/`([\w-]+(?:\/[\w-]+)*)`/g)].map(([, name]) => name!),
  )
  expect(proofs.length).toBeGreaterThan(30)
  const exists = (name: string) => globSync(`test/${name}{.test.ts,}`, { cwd: ROOT }).length > 0
  expect(proofs.filter((name) => !exists(name))).toEqual([])
})

test('CONTRIBUTING.md describes every folder of src', () => {
  const folders = readdirSync(join(ROOT, 'src'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'generated')
    .map(({ name }) => name)
  const described = rowsUnder('CONTRIBUTING.md', 'Where to change what').flatMap(([cell = '']) =>
    [...cell.matchAll(/^\[`(\w+)`\]/g)].map(([, name]) => name),
  )
  expect(described.sort()).toEqual(folders.sort())
})
