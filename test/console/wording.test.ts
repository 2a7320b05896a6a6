import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

/** The button of the setup guide, and its dialog. All other texts of the pages say "webhook", as the guide does. */
const ALLOWED = ['Create destination']

/** Texts that a component can show: strings with a blank in them, and the text between tags. */
function textsOf(file: string): string[] {
  const source = readFileSync(file, 'utf8')
    .replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$|graphql\(`[\s\S]*?`\)/gm, '')
    .replaceAll(/^import [\s\S]*? from '.*'$/gm, '')
  const strings = source.matchAll(/'([^'\n]* [^'\n]*)'|"([^"\n]* [^"\n]*)"|`([^`]* [^`]*)`/g)
  const lines = source.split('\n').map((line) => line.replaceAll(/<[^>]*>|\{[^}]*\}/g, '').trim())
  const betweenTags = lines.filter(
    (line) => / /.test(line) && !/[=;(){}<>[\]|]|&&|^\w+:/.test(line),
  )
  return [...[...strings].map(([text]) => text), ...betweenTags]
}

const FILES = globSync('src/console/**/*.{ts,tsx}').filter((file) => !file.includes('/generated/'))

test('the pages say "webhook" and not "destination"', () => {
  expect(FILES.length).toBeGreaterThan(50)
  const texts = FILES.flatMap((file) => textsOf(file).map((text) => ({ file, text })))
  expect(texts.filter(({ text }) => text.includes('webhook')).length).toBeGreaterThan(20)
  const strayed = texts.filter(({ text }) => {
    const rest = ALLOWED.reduce((left, allowed) => left.replaceAll(allowed, ''), text)
    return /(?<![\w/$.{])destinations?(?![\w/$.}:(])/i.test(rest.replaceAll(/\$\{[^}]*\}/g, ''))
  })
  expect(strayed).toEqual([])
})
