import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const FILES = globSync('src/console/**/*.css')

/** The lines that begin a rule of the top level, without comments. Biome's format indents all others. */
const topLevel = (file: string) =>
  readFileSync(file, 'utf8')
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .split('\n')
    .filter((line) => /^[^\s}]/.test(line))

const layerOf = (file: string) =>
  /^src\/console\/(elements|styles\/hidden)/.test(file) ? 'bigmind.elements' : 'bigmind'

test('every rule of the console is in the layer of its folder', () => {
  expect(FILES.length).toBeGreaterThan(40)
  const modules = FILES.filter((file) => file.endsWith('.module.css'))
  const others = modules.filter((file) => {
    const [first, ...more] = topLevel(file)
    return first !== `@layer ${layerOf(file)} {` || more.length > 0
  })
  expect(others).toEqual([])
})

test('the only rule outside the layers is the one that removes the rules of the page around', () => {
  const outside = FILES.flatMap(topLevel).filter(
    (line) => !/^@layer bigmind(\.elements(\.reset)?)? \{$|^@import .* layer\(bigmind/.test(line),
  )
  expect(outside.length).toBeGreaterThan(0)
  for (const selector of outside) {
    expect(selector).toMatch(/^:is\(bigmind-console, bigmind-console \*\):not\(#_#_#_\)/)
  }
})
