import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const FILES = globSync('src/console/**/*.css')

/** Returns the lines that start a top-level rule. Biome's formatter indents all other lines. */
const topLevel = (file: string) =>
  readFileSync(file, 'utf8')
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .split('\n')
    .filter((line) => /^[^\s}]/.test(line))

const layerOf = (file: string) =>
  /^src\/console\/(elements|styles\/hidden)/.test(file) ? 'bigmind.elements' : 'bigmind'

test('every CSS rule is in the cascade layer of its folder', () => {
  expect(FILES.length).toBeGreaterThan(40)
  const modules = FILES.filter((file) => file.endsWith('.module.css'))
  const others = modules.filter((file) => {
    const [first, ...more] = topLevel(file)
    return first !== `@layer ${layerOf(file)} {` || more.length > 0
  })
  expect(others).toEqual([])
})

test('the only CSS rule outside the layers removes the rules of the host page', () => {
  const outside = FILES.flatMap(topLevel).filter(
    (line) => !/^@layer bigmind(\.elements(\.reset)?)? \{$|^@import .* layer\(bigmind/.test(line),
  )
  expect(outside.length).toBeGreaterThan(0)
  for (const selector of outside) {
    expect(selector).toMatch(/^:is\(bigmind-console, bigmind-console \*\):not\(#_#_#_\)/)
  }
})
